"""Stage 4: carry out a verdict, or what a person decides instead of it."""

from matinee.errors import UsageError
from matinee.lifecycle.production import Stale
from matinee.lifecycle.registry import ModelVersion, TrainingRun
from matinee.stages import Result
from matinee.stages.damage import leave_out_harmful, undo_damage
from matinee.stages.deploy import deploy_model
from matinee.stages.erase import forget_erased
from matinee.stages.evaluate import evaluate_again
from matinee.stages.stores import Stores

TRIES = 3
"""How often a verdict is made anew because production moved meanwhile."""


def promote_model(stores: Stores, run_id: str) -> Result:
    """Register an evaluated training and do what its verdict says: into production, or rejected.

    A version that was decided on before stays as it is, so that an old run that is run again moves nothing back. A
    verdict is about the version that it was compared with; when another one is in production by now, the training is
    evaluated again. One of an older chunk than that of production is rejected, whatever its verdict. When what serves
    has proved worse than what served before, this goes back to that (`damage`).

    Whoever was erased leaves with this run in any case: when what is in production now knows them, `retrained` is the
    version that was trained on what it has learned, without them, and is served instead of it.
    """
    production = stores.production
    production.recover()
    run = production.registry.training_run(run_id)
    if run.verdict is None:
        raise UsageError(f"Run {run_id} is not evaluated yet.", f"Run: matinee evaluate --run-id {run_id}.")
    version = production.registry.register(run)
    undo_damage(stores, run, version)
    if not production.registry.version(version).stage:
        run = _carry_out(stores, run, version)
    decided = production.registry.version(version)
    retrained = forget_erased(stores)
    return {
        "model_version": version,
        "promoted": decided.stage != "rejected",
        "run_id": run_id,
        "chunk_id": run.chunk_id,
        "reason": decided.reason,
        "retrained": retrained,
    }


def _carry_out(stores: Stores, run: TrainingRun, version: str) -> TrainingRun:
    """Move production or reject, by a verdict about what is in production; returns the run with that verdict."""
    production = stores.production
    for _ in range(TRIES):
        current = production.registry.production()
        if current is not None and current.chunk_id > run.chunk_id:
            production.reject(version, _too_old(run, current))
            return run
        if run.compared_with != (current.version if current else None):
            run = evaluate_again(stores, run)
            production.registry.register(run)
        try:
            if run.verdict == "promote":
                production.promote(version, run.reason, instead_of=run.compared_with)
            else:
                leave_out_harmful(stores, run)
                production.reject(version, run.reason)
        except Stale:
            continue
        return run
    raise Stale("Production moves faster than a model can be evaluated.", "Try again.")


def _too_old(run: TrainingRun, current: ModelVersion) -> str:
    return f"Chunk {run.chunk_id} is older than chunk {current.chunk_id}, which the model in production has learned."


def promote_by_hand(stores: Stores, version: str, reason: str) -> Result:
    """Put a registered version into production whatever the gate said; the reason is recorded."""
    stores.production.promote_by_hand(version, f"By hand: {reason}")
    return {"model_version": version, "promoted": True, "reason": reason}


def roll_back(stores: Stores, to: str | None, reason: str) -> Result:
    """Go back to the version that served before, and have the API server serve it."""
    version = stores.production.roll_back(to, reason)
    return {**deploy_model(stores, version), "reason": reason}


def resume(stores: Stores, reason: str) -> Result:
    """End the hold that a rollback began."""
    return {"version": stores.production.resume(reason), "reason": reason}
