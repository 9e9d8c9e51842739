"""The API server, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from fastapi import FastAPI

from matinee import __version__
from matinee.credentials import api_token
from matinee.serving import fetch, middleware, problems, schemas, shared
from matinee.serving.feedback import Feedback
from matinee.serving.fetch import MlflowReader
from matinee.serving.impressions import Impressions
from matinee.serving.metrics import Metrics
from matinee.serving.rate_limit import RateLimit
from matinee.serving.routes import model, movies, operations, ratings, recommendations
from matinee.serving.services import Services
from matinee.serving.shelf import Shelf
from matinee.serving.slot import ModelSlot
from matinee.settings import Settings

log = structlog.get_logger()


def create_app(settings: Settings, *, mlflow_timeout_s: float = fetch.TIMEOUT_S) -> FastAPI:
    """The server of one home.

    Args:
        settings: where models and ratings are kept, and where MLflow is.
        mlflow_timeout_s: how long MLflow may be silent.
    """
    metrics = Metrics(shared.folder(settings.home))
    mlflow = MlflowReader(settings.mlflow, mlflow_timeout_s)
    impressions = Impressions(settings.home / "impressions", metrics, settings.impressions_s, settings.impressions_days)
    writes = RateLimit(shared.folder(settings.home) / "writes", settings.api_writes_per_minute)
    slot = ModelSlot(settings, Shelf(settings.home / "serving"), mlflow, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await slot.start()
        log.info("serving", version=slot.current.version, movies=len(slot.current.catalogue))
        watcher = asyncio.create_task(slot.watch_until_learned())
        async with impressions.written():
            yield
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
        await mlflow.aclose()

    app = FastAPI(
        title="matinee",
        version=__version__,
        description="Movie recommendations from a model that is retrained every day and swapped while it answers.",
        lifespan=lifespan,
        responses=schemas.problem_responses(),
        redirect_slashes=False,
    )
    app.state.services = Services(slot, Feedback(settings), metrics, api_token(settings), impressions, writes)
    middleware.install(app, settings, metrics)
    problems.install(app)
    for routes in (recommendations, movies, ratings, model, operations):
        app.include_router(routes.router)
    return app
