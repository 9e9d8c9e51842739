"""The data watch as a part of `train` and as a command: look at a chunk, and decide about one that was refused."""

from collections.abc import Callable

import structlog

from matinee.drift.data_watch import Watched, watch
from matinee.drift.records import Decision
from matinee.errors import BadData, Refused
from matinee.lifecycle.history import who
from matinee.stages import Result
from matinee.stages.stores import Stores

log = structlog.get_logger()


def watch_chunk(stores: Stores, chunk_id: int) -> Result:
    """Compare a chunk with its past, unless that was done before, and tell what was found and decided.

    `busiest_users` and `pushed_movies` are looked up each time: nothing that is kept names people.
    """
    watched = watch(stores.settings, stores.ledger, stores.statistics, chunk_id)
    statistics = watched.statistics
    decision = stores.statistics.decisions().get(chunk_id)
    return {
        **vars(statistics),
        "is_learned_from": chunk_id not in stores.not_learned_from,
        "decision": None if decision is None else vars(decision),
        "busiest_users": watched.patterns.busiest,
        "pushed_movies": [vars(each) for each in watched.patterns.pushed],
        "rated_as_before": watched.agreement.told(),
    }


def decide_on_chunk(stores: Stores, chunk_id: int, decision: Decision, reason: str) -> Result:
    """Have a chunk learned from whatever the watch said, or never; it is recorded who decided and why.

    Raises:
        NotFound: there is no such chunk.
        BadData: it is not closed yet.
    """
    if stores.ledger.chunk(chunk_id).state != "closed":
        raise BadData(f"Chunk {chunk_id} is not closed yet.", "Run `matinee ingest`, which finishes it.")
    stores.statistics.decide(chunk_id, decision, reason, who())
    return watch_chunk(stores, chunk_id)


def require_sound(stores: Stores, chunk_id: int, log_report: Callable[[Watched], str]) -> Watched:
    """Watch a chunk before it is learned from.

    Args:
        stores: ledger, statistics, and by its settings whether a refusal counts.
        chunk_id: the chunk.
        log_report: keeps the report of a refused chunk, and returns where people find it.

    Raises:
        Refused: the chunk is clearly broken and nobody has accepted it, or somebody has left it out.
    """
    _watch_before(stores, chunk_id)
    watched = watch(stores.settings, stores.ledger, stores.statistics, chunk_id)
    if chunk_id not in stores.not_learned_from:
        return watched
    decision = stores.statistics.decisions().get(chunk_id)
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


def _watch_before(stores: Stores, chunk_id: int) -> None:
    """Watch what nobody has watched before this chunk; of these a broken one is left out, and stops nothing.

    They are the others that its run took, and those of days whose training did not come as far.
    """
    newest_watched = stores.statistics.newest_before(chunk_id)
    of_run = {each.chunk_id for each in stores.ledger.chunks_of_run(stores.ledger.chunk(chunk_id).run_id)}
    for chunk in stores.ledger.chunks():
        is_after_it = newest_watched is not None and chunk.chunk_id > newest_watched
        if chunk.chunk_id < chunk_id and chunk.state == "closed" and (is_after_it or chunk.chunk_id in of_run):
            found = watch(stores.settings, stores.ledger, stores.statistics, chunk.chunk_id).statistics
            if found.verdict == "refused":
                log.warning("chunk_not_learned_from", chunk_id=chunk.chunk_id, reasons=found.reasons)
