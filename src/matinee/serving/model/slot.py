"""The one reference to the model that a worker serves, and how it follows the pointer on disk.

A request takes `slot.current` once and keeps it to its end, so it never sees half a change. What every worker should
serve is what the pointer names (`model.store`): a worker reads it when it starts, when a swap says so, and every
second, so that a worker which missed a message, or was restarted, gets there too.
"""

import asyncio
from dataclasses import replace

import structlog
from polars.exceptions import PolarsError
from sqlalchemy.exc import SQLAlchemyError

from matinee.artifact.mapped import release_pages
from matinee.errors import BadData, MatineeError
from matinee.memory import return_freed_memory
from matinee.serving.model import fallback
from matinee.serving.model.served import ServedModel
from matinee.serving.model.store import ModelStore
from matinee.serving.prometheus import Metrics
from matinee.serving.workers.background import run_in_background, submit_to_background
from matinee.settings import Settings

log = structlog.get_logger()


class ModelSlot:
    """Holds the served model of one worker."""

    def __init__(self, settings: Settings, store: ModelStore, metrics: Metrics) -> None:
        self._settings = settings
        self._store = store
        self._metrics = metrics
        self._lock = asyncio.Lock()
        self._basis = fallback.Basis()
        self._current: ServedModel
        self._ready: ServedModel | None = None

    @property
    def current(self) -> ServedModel:
        """The model that answers now."""
        return self._current

    async def start(self) -> None:
        """Serve the deployed model, or the one before if it is damaged, or the fallback; never fails."""
        async with self._lock:
            # Not before: what uses polars starts its threads, and a process with threads cannot be forked.
            self._current = fallback.empty()
            served = await asyncio.to_thread(self._last_good)
            if served is not None:
                self._replace(served)
        if served is None:
            await self.refresh_fallback()

    async def prepare(self, version: str) -> ServedModel:
        """Load a version that another worker has verified, and replay recent requests on it, for `follow`.

        Raises:
            BadData: it does not load here, or does not answer as where it was trained.
        """
        async with self._lock:
            if self._ready is None or self._ready.version != version:
                self._ready = await run_in_background(lambda: self._store.load(version, is_verified=True))
            ready, current = self._ready, self._current
            await run_in_background(lambda: ready.replay(current))
            return ready

    def hold(self, served: ServedModel | None) -> None:
        """Keep a loaded model ready for `follow`; None drops the one that was ready."""
        self._ready = served

    async def follow(self) -> None:
        """Serve the model that the pointer names.

        Raises:
            BadData: it is damaged; the old one goes on.
        """
        async with self._lock:
            deployed = await asyncio.to_thread(self._store.deployed)
            if deployed is None or deployed.is_same_as(self._current.registered):
                return
            served, self._ready = self._ready, None
            if served is None or not deployed.is_same_as(served.registered):
                served = await run_in_background(lambda: self._store.load(deployed.version))
            if not deployed.is_same_as(served.registered):
                raise BadData(f"Version {deployed.version} on disk is of another run.", "Deploy it again.")
            # Metrics may have been logged since it was put on disk.
            self._replace(replace(served, registered=deployed))

    async def refresh_fallback(self) -> None:
        """Serve a fallback made of newer data, when there is newer data and no model."""
        try:
            served = await asyncio.to_thread(self._new_fallback)
        except (MatineeError, OSError, PolarsError, SQLAlchemyError) as error:
            log.warning("fallback_not_refreshed", reason=str(error))
            return
        # A swap may have finished meanwhile; a model is never replaced by the fallback.
        if served is not None and self._current.version is None:
            self._replace(served)

    def _last_good(self) -> ServedModel | None:
        return next((served for version in self._store.versions() if (served := self._loaded(version))), None)

    def _loaded(self, version: str) -> ServedModel | None:
        try:
            return self._store.load(version)
        except BadData as error:
            log.warning("model_on_disk_refused", version=version, reason=str(error))
            return None

    def _new_fallback(self) -> ServedModel | None:
        """The fallback, when there is more to make it of than last time."""
        found = fallback.basis(self._settings)
        if found == self._basis:
            return None
        self._basis = found
        return fallback.fallback(self._settings, found)

    def _replace(self, served: ServedModel) -> None:
        before, self._current = self._current, served
        self._metrics.serve(served)
        submit_to_background(lambda: release_pages(before.model.popularity))
        submit_to_background(return_freed_memory)  # of the model before, which every day would leave some of
