"""Forget a user at once: withdraw everything, train again on the same chunk, promote, swap; and tell what remains."""

from matinee import clock
from matinee.errors import NotFound
from matinee.lifecycle.history import ERASED, EventKind
from matinee.lifecycle.registry import ModelVersion
from matinee.models.specification import Specification
from matinee.ratings.feedback.shown import ShownLists
from matinee.ratings.sources import last_rated_at
from matinee.stages import Result
from matinee.stages.contest import champion, champion_run
from matinee.stages.deploy import deploy_model
from matinee.stages.evaluate import evaluate_model
from matinee.stages.remains import remains
from matinee.stages.stores import Stores
from matinee.stages.train import train_model

_SERVES: tuple[EventKind, ...] = ("promoted", "rolled_back", "deployed")


def erase_user(stores: Stores, user_id: str) -> Result:
    """Forget a user; when this returns, the served model was never taught by them.

    It may be asked again, and goes on where a dead process stopped.

    Raises:
        NotFound: neither the data set nor anybody's live ratings know the user.
        DependencyUnreachable: MLflow or the API server does not answer; everything is withdrawn all the same.
    """
    now = clock.now()
    _withdraw(stores, user_id)
    ShownLists(stores.settings).forget(user_id)
    current = stores.registry.production()
    version = None if current is None else retrained(stores, current)
    return {"user_id": user_id, "version": version, "remains": remains(stores, user_id, version, now)}


def _withdraw(stores: Stores, user_id: str) -> None:
    """Withdraw everything, unless that was done and nothing was said since."""
    said, newest = stores.feedback.feedback_of(user_id), last_rated_at(stores.settings, user_id)
    erased_at = said.withdrawn.everything_at
    if not said.ratings and newest is None and not said.withdrawn:
        raise NotFound(f"Nobody knows user {user_id}.", "Ids are case-sensitive; find them with GET /v1/users?query=.")
    if erased_at is None or said.ratings or (newest is not None and newest > erased_at):
        stores.feedback.withdraw(user_id)


def forget_erased(stores: Stores) -> str | None:
    """Have production do without users who were erased since it was trained, whatever the gate says of newer models.

    Returns:
        The version that is in production instead, or None when production knows nobody who was erased.

    Raises:
        Stale: production was moved meanwhile.
        DependencyUnreachable: MLflow or the API server does not answer.
    """
    current = stores.registry.production()
    return retrained(stores, current) if current is not None and is_to_forget(stores, current) else None


def is_to_forget(stores: Stores, current: ModelVersion) -> bool:
    """Whether somebody was erased after a version had read its ratings, or it was retrained so and is not deployed.

    When MLflow has lost its training or its model, nobody knows when it read them: anybody who was ever erased counts.
    """
    run = champion_run(stores, current)
    if stores.feedback.newest_erasure() > (run.withdrawals if run else 0):
        return True
    newest = stores.history.newest_of(current.version, _SERVES)
    return newest is not None and newest.what != "deployed" and newest.reason == ERASED


def retrained(stores: Stores, current: ModelVersion) -> str:
    """The version that has learned what production has, without what was withdrawn; it is served.

    No question of the gate is asked: algorithm and chunks are those of production, and a hold goes on. When MLflow has
    lost its training or its model, the algorithm is that of the settings.
    """
    run = champion_run(stores, current)
    own = champion(stores) if run is None else Specification.parse(run.specification)
    run_id = str(train_model(stores, current.chunk_id, own, is_retraining=True)["run_id"])
    evaluate_model(stores, run_id)
    version = stores.registry.register(stores.registry.training_run(run_id))
    if stores.registry.version(version).stage != "production":
        stores.production.replace(version, ERASED, instead_of=current.version)
    deploy_model(stores, version)
    return version
