"""The one reference to the model that is served, and how it changes while requests are answered.

A request takes `slot.current` once and keeps it to its end, so it never sees half a change. A swap reads, verifies and
stores the new model beside the old one, moves the pointer on disk, and last replaces the reference: a failure at any
step leaves the old model serving, and a restart at any step finds a model that loads.
"""

import asyncio
import re
import time
from dataclasses import dataclass, replace

import structlog
from polars.exceptions import PolarsError
from sqlalchemy.exc import SQLAlchemyError

from matinee.errors import BadData, MatineeError, NotFound
from matinee.serving import fallback
from matinee.serving.fetch import MlflowReader
from matinee.serving.metrics import Metrics
from matinee.serving.served import Registered, ServedModel
from matinee.serving.shelf import Shelf
from matinee.settings import Settings

log = structlog.get_logger()

WATCH_INTERVAL_S = 1.0
"""How often a server without a model looks whether there is more data to fall back on."""


@dataclass(frozen=True)
class Swap:
    """What a swap did."""

    version: str
    previous_version: str | None
    duration_s: float


class ModelSlot:
    """Holds the served model."""

    def __init__(self, settings: Settings, shelf: Shelf, mlflow: MlflowReader, metrics: Metrics) -> None:
        self._settings = settings
        self._shelf = shelf
        self._mlflow = mlflow
        self._metrics = metrics
        self._lock = asyncio.Lock()
        self._basis = fallback.Basis()
        self._current = fallback.empty()

    @property
    def current(self) -> ServedModel:
        """The model that answers now."""
        return self._current

    async def start(self) -> None:
        """Serve the last good model on disk, or the fallback; never fails."""
        await asyncio.to_thread(self._shelf.remove_drafts)
        served = await asyncio.to_thread(self._last_good)
        if served is not None:
            self._replace(served)
        else:
            await self._refresh_fallback()

    async def watch_until_learned(self) -> None:
        """Without a model, ask MLflow once for the one in production, then follow the data until a model is here."""
        if self._current.version is None:
            try:
                await self.swap()
            except MatineeError as error:
                log.info("no_model_yet", reason=str(error))
        while self._current.version is None:
            await asyncio.sleep(WATCH_INTERVAL_S)
            await self._refresh_fallback()

    async def swap(self, version: str | None = None) -> Swap:
        """Serve a registered version; the one in production when `version` is None. One swap runs at a time.

        Raises:
            NotFound: there is no such version, or none in production.
            BadData: its artifact is refused.
            DependencyUnreachable: MLflow does not answer.
            MatineeError: it cannot be stored.
        """
        started = time.perf_counter()
        async with self._lock:
            previous = self._current
            with self._metrics.swapping() as outcome:
                async with self._mlflow.within_time():
                    registered = await self._mlflow.registered(_checked(version))
                    if registered.is_same_as(previous.registered):
                        outcome.unchanged()
                    else:
                        await self._serve(registered)
            duration_s = time.perf_counter() - started
        log.info("model_served", version=registered.version, previous=previous.version, duration_s=round(duration_s, 3))
        return Swap(registered.version, previous.version, duration_s)

    async def _serve(self, registered: Registered) -> None:
        served = await asyncio.to_thread(self._on_disk, registered) or await self._downloaded(registered)
        await asyncio.to_thread(self._shelf.point_to, registered)
        self._replace(served)

    async def _downloaded(self, registered: Registered) -> ServedModel:
        with self._shelf.draft(registered.version) as draft:
            await self._mlflow.download(registered, draft)
            return await asyncio.to_thread(self._shelf.keep, draft, registered)

    def _on_disk(self, registered: Registered) -> ServedModel | None:
        """The version as it was downloaded before; None when it was not, or is damaged."""
        if not registered.is_same_as(self._shelf.record(registered.version)):
            return None
        served = self._loaded(registered.version)
        # Metrics may have been logged since.
        return served and replace(served, registered=registered)

    def _last_good(self) -> ServedModel | None:
        return next((served for version in self._shelf.versions() if (served := self._loaded(version))), None)

    def _loaded(self, version: str) -> ServedModel | None:
        try:
            return self._shelf.load(version)
        except BadData as error:
            log.warning("model_on_disk_refused", version=version, reason=str(error))
            return None

    async def _refresh_fallback(self) -> None:
        try:
            served = await asyncio.to_thread(self._new_fallback)
        except (MatineeError, OSError, PolarsError, SQLAlchemyError) as error:
            log.warning("fallback_not_refreshed", reason=str(error))
            return
        # A swap may have finished meanwhile; a model is never replaced by the fallback.
        if served is not None and self._current.version is None:
            self._replace(served)

    def _new_fallback(self) -> ServedModel | None:
        """The fallback, when there is more to make it of than last time."""
        found = fallback.basis(self._settings)
        if found == self._basis:
            return None
        self._basis = found
        return fallback.fallback(self._settings, found)

    def _replace(self, served: ServedModel) -> None:
        self._current = served
        self._metrics.serve(served)


def _checked(version: str | None) -> str | None:
    """MLflow numbers versions from 1; anything else is none, and must not become part of a path."""
    if version is not None and re.fullmatch(r"[1-9][0-9]{0,17}", version) is None:
        raise NotFound(f"There is no version {version!r}.", "See them with: matinee versions.")
    return version
