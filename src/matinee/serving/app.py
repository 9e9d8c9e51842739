"""The API server, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute

from matinee import __version__
from matinee.clients import mlflow_rest
from matinee.clients.mlflow_rest import MlflowReader
from matinee.credentials import api_token
from matinee.serving import middleware, problems, rating_scale
from matinee.serving.answering.batching import RequestBatcher
from matinee.serving.answering.feedback import Feedback
from matinee.serving.answering.home_clock import HomeClock
from matinee.serving.answering.impressions import Impressions
from matinee.serving.answering.query_strings import QueryStrings
from matinee.serving.answering.recently_shown import RecentlyShown
from matinee.serving.answering.remaking import remake
from matinee.serving.answering.response_cache import ResponseCache
from matinee.serving.database import DatabasePatience
from matinee.serving.model.changed import LiveCatalogue
from matinee.serving.model.fetch import ModelSource
from matinee.serving.model.follower import PRODUCTION_INTERVAL_S, Follower
from matinee.serving.model.on_demand import OnDemandVersions
from matinee.serving.model.served import ServedModel
from matinee.serving.model.slot import ModelSlot
from matinee.serving.model.store import ModelStore
from matinee.serving.model.swap import Swapper
from matinee.serving.pipeline.findings import RecentFindings
from matinee.serving.pipeline.runs import PipelineRuns
from matinee.serving.pipeline.versions import VersionReader
from matinee.serving.prometheus import Metrics
from matinee.serving.routes import (
    catalogue,
    chunks,
    comparisons,
    events,
    group_recommendations,
    histories,
    model,
    movies,
    operations,
    ratings,
    recommendations,
    users,
    versions,
)
from matinee.serving.routes import runs as run_routes
from matinee.serving.services import Services
from matinee.serving.workers import shared
from matinee.serving.workers.group import SingleWorker, WorkerGroup
from matinee.serving.workers.health import WorkerHealth
from matinee.serving.workers.rate_limit import RateLimit
from matinee.serving.workers.tasks import keep_running
from matinee.settings import Settings
from matinee.storage import home_storage
from matinee.storage.cloud import BESIDE_REQUESTS

log = structlog.get_logger()


def create_app(
    settings: Settings,
    group: WorkerGroup | None = None,
    *,
    mlflow_timeout_s: float = mlflow_rest.TIMEOUT_S,
    production_interval_s: float = PRODUCTION_INTERVAL_S,
) -> FastAPI:
    """One worker of the server of one home.

    Args:
        settings: where models and ratings are kept, and where MLflow is.
        group: all workers of the server; None for the only one.
        mlflow_timeout_s: how long MLflow may be silent.
        production_interval_s: how often it is asked what is in production.
    """
    group = group or SingleWorker()
    health = WorkerHealth(settings.home)
    metrics = Metrics(shared.folder(settings.home), health)
    storage = home_storage(settings, BESIDE_REQUESTS)
    impressions = Impressions(storage, metrics, settings.impressions_s, settings.impressions_days)
    shown = RecentlyShown(settings, metrics)
    writes = RateLimit(shared.folder(settings.home) / "writes", settings.api_writes_per_minute)
    mlflow = MlflowReader(settings.mlflow, mlflow_timeout_s)
    store = ModelStore(settings.home / "serving")
    slot = ModelSlot(settings, store, metrics)
    source = ModelSource(mlflow)
    patience = DatabasePatience(settings)
    feedback = Feedback(settings, patience)
    responses, batcher, live = ResponseCache(), RequestBatcher(), LiveCatalogue(settings, slot, patience)
    home_clock = HomeClock(settings, patience)

    async def remake_answers(served: ServedModel) -> None:
        if not live.changes:  # those of a changed catalogue are made with a model that is made after the switch
            await remake(responses, batcher, served, settings.explore, home_clock.known_hour())

    swapper = Swapper(slot, store, source, group, metrics, remake_answers)
    follower = Follower(slot, store, swapper, source, group, health, production_interval_s)
    runs = PipelineRuns(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if group.is_first:
            await asyncio.to_thread(store.remove_unfinished)
        # First of all: a message that comes now is answered after the start, and the parent's death is noticed.
        tasks = [asyncio.create_task(group.listen(swapper.handle))]
        await asyncio.gather(slot.start(), patience.begin(feedback.check))
        log.info("serving", version=slot.current.version, movies=len(slot.current.catalogue))
        for name, run in (("follower", follower.run), ("impressions", impressions.run), ("shown lists", shown.run)):
            tasks.append(asyncio.create_task(keep_running(name, run, health, metrics)))
        yield
        for task in reversed(tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await impressions.flush()
        await shown.flush()
        await mlflow.aclose()
        runs.close()

    app = FastAPI(
        title="matinee",
        version=__version__,
        description="Movie recommendations from a model that is retrained every day and swapped while it answers.",
        lifespan=lifespan,
        responses=problems.documented(problems.ANY_ROUTE),
        redirect_slashes=False,
    )
    app.state.services = Services(
        settings=settings,
        clock=home_clock,
        slot=slot,
        live=live,
        responses=responses,
        query_strings=QueryStrings(),
        batcher=batcher,
        source=source,
        swapper=swapper,
        feedback=feedback,
        patience=patience,
        metrics=metrics,
        health=health,
        token=api_token(settings),
        impressions=impressions,
        shown=shown,
        writes=writes,
        versions=VersionReader(settings, mlflow),
        on_demand=OnDemandVersions(slot, store),
        runs=runs,
        findings=RecentFindings(settings),
    )
    middleware.install(app, settings, metrics)
    problems.install(app)
    rating_scale.install(app, settings)
    for routes in (
        recommendations,
        group_recommendations,
        catalogue,
        movies,
        events,
        histories,
        ratings,
        users,
        model,
        versions,
        chunks,
        comparisons,
        run_routes,
        operations,
    ):
        app.include_router(routes.router)
    # Routes are tried in order: those that are asked all the time before the pages of the documents.
    app.router.routes.sort(key=lambda route: not isinstance(route, APIRoute))
    return app
