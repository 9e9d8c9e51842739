"""Health and metrics, for whoever keeps the server running."""

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from matinee.clients.schemas import examples
from matinee.clients.schemas.findings import Findings
from matinee.clients.schemas.operations import Live, Ready
from matinee.errors import DependencyUnreachable, MatineeError
from matinee.lifecycle.freshness import FreshnessStore, pooled
from matinee.serving import problems
from matinee.serving.database import ask_database
from matinee.serving.model.follower import PRODUCTION
from matinee.serving.services import Server

ASK_S, ASK_DATABASE_S = 2.0, 2.0
"""How long MLflow, where there is no model yet, and the database may take to answer; a probe waits five seconds."""

DATABASE = "database"
"""Part of a worker that has a problem while the database is away."""

router = APIRouter(tags=["operations"])


@router.get("/health/live")
async def live() -> Live:
    """200 as long as the process answers."""
    return Live()


@router.get(
    "/health/ready",
    responses=problems.documented(
        {503: "Nothing to recommend, or of a new server the model in production or the database has not come yet."}
    ),
)
async def ready(server: Server) -> Ready:
    """200 when there are movies to recommend, else 503.

    A server that is new waits for the database and for the model in production. Without one, while MLflow does not say,
    or when it cannot be served, it is ready with popular movies; one that was ready stays so. `degraded` is 200 too,
    because answers go on: `problems` says which part of this worker does not work.
    """
    served = server.slot.current
    away = await _database_away(server)
    server.health.report(
        DATABASE, None if away is None else f"Ratings are not stored, and lists are not personal: {away}"
    )
    found = server.health.problems()
    is_new = served.version is None and not server.health.was_ready and PRODUCTION not in found
    if is_new and (awaited := await _in_production(server)) is not None:
        raise DependencyUnreachable(
            f"Version {awaited} is in production and has not come to this server yet.",
            "Wait until it is fetched; when it is refused, the log of this server says why.",
        )
    if len(served.catalogue) == 0:
        raise DependencyUnreachable("There is no data set and no model yet.", "Ingest a chunk first: matinee ingest.")
    if away is not None and not server.health.was_ready:
        raise away
    server.health.was_ready = True
    return Ready(
        status="degraded" if found else "ready",
        policy=served.policy,
        model_version=served.version,
        database="reachable" if away is None else "unreachable",
        problems=found,
    )


async def _database_away(server: Server) -> DependencyUnreachable | None:
    """Why the database does not answer; None when it does."""
    try:
        async with asyncio.timeout(ASK_DATABASE_S):
            await server.feedback.check()
    except DependencyUnreachable as error:
        return error
    except TimeoutError:
        return DependencyUnreachable(f"The database did not answer within {ASK_DATABASE_S:g} s.", "Look at its server.")
    return None


async def _in_production(server: Server) -> str | None:
    """The version in production; None without one, or while MLflow does not say."""
    try:
        async with asyncio.timeout(ASK_S):
            return (await server.source.in_production()).version
    except (MatineeError, TimeoutError):
        return None


@router.get("/v1/findings")
async def findings(server: Server) -> Findings:
    """What `matinee doctor` finds of a running matinee: paused DAGs, days behind, quarantine, the disk and more."""
    return await server.findings.newest()


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": examples.METRICS_PAGE}}}},
)
async def metrics(server: Server) -> Response:
    """Metrics in Prometheus's text format."""
    server.metrics.gains = await _gains(server)
    return Response(server.metrics.page(), media_type=CONTENT_TYPE_LATEST)


async def _gains(server: Server) -> Mapping[int, float]:
    """What learning is worth, by age in days; nothing while the database, without which metrics go on, is away."""
    try:
        async with server.patience.waiting(is_quick=False):  # lists are not to be without it because this takes long
            found = await ask_database(lambda: pooled(FreshnessStore(server.settings).newest()))
    except DependencyUnreachable:
        return {}
    return {each.days: each.difference for each in found}
