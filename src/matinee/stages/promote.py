"""Stage 4: carry out a verdict, or what a person decides instead of it."""

from matinee.errors import UsageError
from matinee.stages import Result
from matinee.stages.deploy import deploy_model
from matinee.stages.stores import Stores


def promote_model(stores: Stores, run_id: str) -> Result:
    """Register an evaluated training and do what its verdict says: into production, or rejected.

    A version that was decided on before stays as it is, so that an old run that is run again moves nothing back.
    """
    production = stores.production
    production.recover()
    run = production.registry.training_run(run_id)
    if run.verdict is None:
        raise UsageError(f"Run {run_id} is not evaluated yet.", f"Run: matinee evaluate --run-id {run_id}.")
    version = production.registry.register(run)
    stage = production.registry.version(version).stage
    if not stage and run.verdict == "promote":
        production.promote(version, run.reason)
    elif not stage:
        production.reject(version, run.reason)
    return {
        "model_version": version,
        "promoted": run.verdict == "promote",
        "run_id": run_id,
        "chunk_id": run.chunk_id,
        "reason": run.reason,
    }


def promote_by_hand(stores: Stores, version: str, reason: str) -> Result:
    """Put a registered version into production whatever the gate said; the reason is recorded."""
    production = stores.production
    production.recover()
    production.promote(production.registry.version(version).version, f"By hand: {reason}")
    return {"model_version": version, "promoted": True, "reason": reason}


def roll_back(stores: Stores, to: str | None, reason: str) -> Result:
    """Go back to the version that served before, and have the API server serve it."""
    version = stores.production.roll_back(to, reason)
    return {**deploy_model(stores, version), "reason": reason}


def resume(stores: Stores, reason: str) -> Result:
    """End the hold that a rollback began."""
    return {"version": stores.production.resume(reason), "reason": reason}
