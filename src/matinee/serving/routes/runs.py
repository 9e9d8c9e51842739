"""Runs of the pipeline: asking for one, and following it."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Query

from matinee.clients.schemas.fields import PathName
from matinee.clients.schemas.runs import Promote, Run, RunProgress, RunRequest, Runs
from matinee.serving import problems
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
        {404: "There is no such version.", 409: "The DAG is paused, or the key started a run with other parameters."},
        problems.NOT_AS_DESCRIBED,
        {503: "Airflow or MLflow does not answer, or the answer took too long."},
    ),
)
async def start_run(
    server: Server,
    wanted: Annotated[RunRequest, Body()],
    idempotency_key: Annotated[
        str | None,
        Header(pattern="^[A-Za-z0-9_-]{1,64}$", description="Sent again, nothing is started twice."),
    ] = None,
) -> Run:
    """Advance by one chunk, roll back, resume, or promote a version. It answers at once; follow the run by its id."""
    if isinstance(wanted, Promote):
        await server.versions.one(wanted.version)
    parameters = wanted.model_dump(exclude={"action"})
    return await server.runs.start(wanted.action, parameters, idempotency_key)


@router.get("/v1/runs", responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.NO_AIRFLOW))
async def newest_runs(server: Server, limit: Annotated[int, Query(ge=1, le=50)] = 10) -> Runs:
    """Runs, newest first, whoever or whatever asked for them."""
    return Runs(runs=await server.runs.newest(limit))


@router.get(
    "/v1/runs/{run_id:path}",
    responses=problems.documented({404: "There is no such run."}, problems.NOT_AS_DESCRIBED, problems.NO_AIRFLOW),
)
async def run(server: Server, run_id: Annotated[PathName, Path()]) -> RunProgress:
    """How far a run is, the deployment that follows it included, and what came of it."""
    return await server.runs.progress(run_id)
