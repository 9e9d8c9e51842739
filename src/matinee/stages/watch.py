"""The data watch as a part of `train` and as a command: look at a chunk, and decide about one that was refused."""

from collections.abc import Callable

from matinee.drift.data_watch import Watched, watch
from matinee.drift.records import Decision, StatisticsStore
from matinee.errors import BadData, Refused
from matinee.lifecycle.history import who
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.settings import Settings
from matinee.stages import Result


def watch_chunk(settings: Settings, chunk_id: int) -> Result:
    """Compare a chunk with its past, unless that was done before, and tell what was found and decided."""
    statistics = watch(settings, chunk_id).statistics
    store = StatisticsStore(settings)
    decision = store.decisions().get(chunk_id)
    return {
        **vars(statistics),
        "is_learned_from": chunk_id not in store.not_learned_from(settings.watch),
        "decision": None if decision is None else vars(decision),
    }


def decide_on_chunk(settings: Settings, chunk_id: int, decision: Decision, reason: str) -> Result:
    """Have a chunk learned from whatever the watch said, or never; it is recorded who decided and why.

    Raises:
        NotFound: there is no such chunk.
        BadData: it is not closed yet.
    """
    if ChunkLedger(settings).chunk(chunk_id).state != "closed":
        raise BadData(f"Chunk {chunk_id} is not closed yet.", "Run `matinee ingest`, which finishes it.")
    StatisticsStore(settings).decide(chunk_id, decision, reason, who())
    return watch_chunk(settings, chunk_id)


def require_sound(settings: Settings, chunk_id: int, log_report: Callable[[Watched], str]) -> Watched:
    """Watch a chunk before it is learned from.

    Args:
        settings: home, database, and whether a refusal counts.
        chunk_id: the chunk.
        log_report: keeps the report of a refused chunk, and returns where people find it.

    Raises:
        Refused: the chunk is clearly broken and nobody has accepted it, or somebody has left it out.
    """
    watched = watch(settings, chunk_id)
    store = StatisticsStore(settings)
    if chunk_id not in store.not_learned_from(settings.watch):
        return watched
    decision = store.decisions().get(chunk_id)
    if decision is not None:
        raise Refused(
            f"Chunk {chunk_id} is left out by {decision.who}: {decision.reason}.",
            f"To learn from it: matinee watch {chunk_id} --accept --reason WHY.",
        )
    reasons = " ".join(watched.statistics.reasons)
    raise Refused(
        f"The data watch refuses chunk {chunk_id}: {reasons} Report: {log_report(watched)}.",
        f"If it is right all the same: matinee watch {chunk_id} --accept --reason WHY. If not: --leave-out.",
    )
