"""What came of a `train_model` run, and why, from the results of its tasks."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from matinee.clients.airflow.records import SKIPPED, SUCCESS, TaskInstance
from matinee.clients.schemas.runs import RunOutcome
from matinee.drift.records import StatisticsStore
from matinee.errors import NotFound
from matinee.settings import Settings


def outcome_of(ingested: Mapping[str, Any], tasks: Iterable[TaskInstance]) -> RunOutcome:
    """What came of a run that succeeded, from the result of `ingest` and the states of its tasks."""
    if ingested.get("chunk_id") is None:
        return "not_over" if ingested.get("state") == "not_over" else "no_more_data"
    states = {task.task_id: task.state for task in tasks}
    if states.get("train") == SKIPPED:
        return "refused"
    return "promoted" if states.get("promote") == SUCCESS else "rejected"


def reason_of(
    settings: Settings, outcome: RunOutcome | None, ingested: Mapping[str, Any], evaluated: Mapping[str, Any]
) -> str:
    """Why a run ended as it did; what the data watch found in a chunk that it refused is in the ledger's database."""
    if outcome == "not_over":
        return wait_for(ingested)
    if outcome != "refused":
        return str(evaluated.get("reason", ""))
    store, chunk_id = StatisticsStore(settings), int(ingested["chunk_id"])
    decision = store.decisions().get(chunk_id)
    if decision is not None and decision.decision == "left_out":
        return f"It is left out: {decision.reason}."
    hint = f"If it is right all the same: matinee watch {chunk_id} --accept --reason WHY."
    try:
        return " ".join([*store.of(chunk_id).reasons, hint])
    except NotFound:
        return "Somebody skipped its training in Airflow."


def wait_for(ingested: Mapping[str, Any]) -> str:
    """When a period that is not over ends, from the result of `ingest`."""
    ahead = f" Dated ahead, and waiting: {ingested['n_ahead']:,}." if ingested.get("n_ahead") else ""
    ends_at = datetime.fromisoformat(str(ingested["ends_at"]))
    return f"The period ends at {ends_at:%Y-%m-%d %H:%M} UTC and is taken {ingested['grace']} later.{ahead}"
