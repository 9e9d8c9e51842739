"""Runs of the pipeline: asking for one, and following it."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Query

from matinee.clients.schemas import api, pipeline
from matinee.serving import problems
from matinee.serving.pipeline import runs
from matinee.serving.routes.model import Authorized
from matinee.serving.services import Server

router = APIRouter(tags=["pipeline"])


@router.post(
    "/v1/runs",
    status_code=201,
    dependencies=[Authorized],
    responses=problems.documented(
        problems.NOT_A_TEXT,
        problems.NO_TOKEN,
        {404: "There is no such version.", 409: "The DAG is paused."},
        problems.NOT_AS_DESCRIBED,
        {503: "Airflow or MLflow does not answer, or the answer took too long."},
    ),
)
async def start_run(
    server: Server,
    wanted: Annotated[pipeline.RunRequest, Body()],
    idempotency_key: Annotated[
        str | None,
        Header(pattern="^[A-Za-z0-9_-]{1,64}$", description="Sent again, nothing is started twice."),
    ] = None,
) -> pipeline.Run:
    """Advance by one chunk, roll back, or promote a version. This answers at once; the run is followed by its id."""
    if isinstance(wanted, pipeline.Promote):
        await server.versions.one(wanted.version)
    parameters = wanted.model_dump(exclude={"action"})
    return _run(await server.runs.start(wanted.action, parameters, idempotency_key))


@router.get("/v1/runs", responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.NO_AIRFLOW))
async def newest_runs(server: Server, limit: Annotated[int, Query(ge=1, le=50)] = 10) -> pipeline.Runs:
    """Runs, newest first, whoever or whatever asked for them."""
    return pipeline.Runs(runs=[_run(each) for each in await server.runs.newest(limit)])


@router.get(
    "/v1/runs/{run_id:path}",
    responses=problems.documented({404: "There is no such run."}, problems.NOT_AS_DESCRIBED, problems.NO_AIRFLOW),
)
async def run(server: Server, run_id: Annotated[api.PathId, Path()]) -> pipeline.RunProgress:
    """How far a run is, the deployment that follows it included, and what came of it."""
    found = await server.runs.progress(run_id)
    return pipeline.RunProgress(
        **_run(found.run).model_dump(),
        steps=[pipeline.Step(name=step.name, state=step.state) for step in found.steps],
        outcome=found.outcome,
        chunk_id=found.chunk_id,
        reason=found.reason,
        served_version=found.served_version,
    )


def _run(found: runs.Run) -> pipeline.Run:
    return pipeline.Run(
        run_id=found.run_id,
        action=found.action,
        state=found.state,
        asked_at=found.asked_at,
        ended_at=found.ended_at,
    )
