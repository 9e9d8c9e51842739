"""Find out afterwards that a version does harm, and go back by itself.

A day has too few people to tell at once what a chunk has done to a model. So each day the version that serves is
compared with the one that served before it, on the new chunk's people, whom neither has learned. When it has proved
worse (`gate.is_damaged`), what it learned and the other did not is suspect.
"""

from collections.abc import Sequence

import structlog

from matinee.errors import BadData, NotFound
from matinee.evaluation import gate, refresh
from matinee.evaluation.decision import Question
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.split import Case
from matinee.lifecycle.history import BY_ITSELF
from matinee.lifecycle.registry import ModelVersion, TrainingRun
from matinee.stages.deploy import deploy_model
from matinee.stages.loading import HARMED, SOUND, loaded_model
from matinee.stages.stores import Stores

log = structlog.get_logger()


def compare_with_before(
    stores: Stores, run: TrainingRun, current: ModelVersion | None, serving: Contender | None, users: Sequence[Case]
) -> Question | None:
    """Add what the serving version and the one before it gave the people of a chunk to the evidence about them.

    Args:
        stores: those of the home.
        run: the training that is evaluated; its chunk has the people.
        current: what is in production.
        serving: its model.
        users: the cases of the chunk.

    Returns:
        The failed second question when the serving version has proved worse; None otherwise.
    """
    before = _before(stores, run, current)
    if current is None or before is None or serving is None or not users:
        return None
    try:
        other = loaded_model(stores.registry, stores.registry.training_run(before.run_id))
    except (BadData, NotFound) as error:
        log.warning("not_compared_with_before", version=before.version, reason=str(error))
        return None
    values = refresh.differences(serving, other, users)
    found = {case.user_id: (float(value), 0.0) for case, value in zip(users, values, strict=True)}
    ends_at = stores.ledger.chunk(run.chunk_id).ends_at
    stores.comparisons.keep(_pair(current, before), run.chunk_id, ends_at, found)
    finding = _finding(stores, current, before)
    return None if finding is None else Question(name="good data", asked=True, outcome="failed", finding=finding)


def undo_damage(stores: Stores, run: TrainingRun, version: str) -> bool:
    """Go back when the version that serves has proved worse, and leave out what it learned last.

    The chunks are left out until somebody decides (`matinee watch CHUNK --accept`). A rollback by itself holds nothing:
    the next model, which is trained without them, goes into production when it is sound. Run again after a crash, it
    goes on where it stopped.

    Args:
        stores: those of the home.
        run: a training of the newest chunk, which has learned the suspect chunks as well.
        version: its version, which is rejected.

    Returns:
        Whether production was moved.
    """
    if stores.settings.auto_rollback == "off" or stores.settings.gate == "off" or run.is_challenger:
        return False
    current = stores.production.registry.production()
    before = _before(stores, run, current)
    why = None if current is None or before is None else _finding(stores, current, before)
    if current is None or before is None or why is None:
        _deploy_what_was_left(stores, current)
        return False
    reason = f"{BY_ITSELF}{why}."
    for chunk_id in range(_newest_chunk_of(stores, before) + 1, current.chunk_id + 1):
        if chunk_id not in stores.statistics.decisions():
            stores.statistics.decide(chunk_id, "left_out", reason, "matinee")
    for each in (run.run_id, current.run_id):
        try:
            stores.registry.log_metrics(stores.registry.training_run(each), {SOUND: 0.0})
        except NotFound as error:  # nothing is compared with a run that somebody has deleted either
            log.warning("not_marked_as_unsound", run_id=each, reason=str(error))
    stores.production.reject(version, reason)
    stores.production.roll_back(before.version, reason, instead_of=current.version)
    deploy_model(stores, before.version)
    return True


def leave_out_harmful(stores: Stores, run: TrainingRun) -> None:
    """Leave out a chunk whose data kept its own model out, so that tomorrow's model is sound, until somebody decides.

    What a challenger makes of a chunk says nothing about the chunk.
    """
    if run.metrics.get(HARMED) != 1 or run.is_challenger or run.chunk_id in stores.statistics.decisions():
        return
    stores.statistics.decide(run.chunk_id, "left_out", f"{BY_ITSELF}{run.reason}", "matinee")


def _deploy_what_was_left(stores: Stores, current: ModelVersion | None) -> None:
    """Finish a rollback by itself that was killed before what it went back to was served."""
    last = stores.history.newest("promoted", "rolled_back", "deployed")
    if current is None or last is None or last.version != current.version:
        return
    if last.what == "rolled_back" and last.reason.startswith(BY_ITSELF):
        deploy_model(stores, current.version)


def _before(stores: Stores, run: TrainingRun, current: ModelVersion | None) -> ModelVersion | None:
    """The version that served before the one in production, if that has learned more and the chunk is new to both.

    None also when nobody knows what it has learned: then all chunks there are would be suspect.
    """
    if current is None or run.is_challenger or current.chunk_id >= run.chunk_id:
        return None
    number = stores.history.last_served_before(current.version)
    try:
        before = None if number is None else stores.production.registry.version(number)
    except NotFound:
        return None
    return before if before is not None and 0 < before.chunk_id < current.chunk_id else None


def _newest_chunk_of(stores: Stores, before: ModelVersion) -> int:
    """What the run says, because people may have edited the version; what the version says when there is no run."""
    try:
        return stores.registry.training_run(before.run_id).chunk_id
    except NotFound as error:
        log.warning("chunk_told_by_the_version", run_id=before.run_id, because=str(error))
        return before.chunk_id


def _pair(current: ModelVersion, before: ModelVersion) -> str:
    return f"version {current.version} against version {before.version} before it"


def _finding(stores: Stores, current: ModelVersion, before: ModelVersion) -> str | None:
    """What the evidence says; None when it shows no harm."""
    known = stores.comparisons.of(_pair(current, before)).differences
    if not len(known) or not gate.is_damaged(known.values):
        return None
    return (
        f"version {current.version} gives {known.n_users} people lists that are {known.mean:+.4f} in NDCG@10"
        f" against version {before.version}, which served before it"
    )
