"""Following by itself: the pointer on disk, the version in production, and, before any model, new data.

`POST /v1/model` reaches the workers of one server. Another server, or one that was down, notices by itself that the
alias `production` has moved since its model was deployed, by one small request every few seconds.
"""

import asyncio
from random import SystemRandom

import structlog

from matinee.errors import BadData, MatineeError, NotFound
from matinee.serving.model.fetch import ModelSource
from matinee.serving.model.slot import ModelSlot
from matinee.serving.model.store import ModelStore
from matinee.serving.model.swap import Swapper
from matinee.serving.workers.group import WorkerGroup
from matinee.serving.workers.health import WorkerHealth

log = structlog.get_logger()

POINTER_INTERVAL_S = 1.0
"""How often a worker looks at the pointer and, without a model, for data to fall back on; both are cheap."""
PRODUCTION_INTERVAL_S = 5.0
"""How often a server asks what is in production, give or take a fifth, so that many do not ask at once."""
LONGEST_PAUSE_S = 60.0
"""The longest pause between two requests, after failures in a row."""
TOLD_AFTER = 3
"""Failures in a row that are a problem of the worker: MLflow may be away for seconds."""

DEPLOYED, PRODUCTION = "deployed model", "production"
"""Parts of a worker, under which its health tells what is wrong."""


class Follower:
    """Keeps the model of one worker up to date."""

    def __init__(
        self,
        slot: ModelSlot,
        store: ModelStore,
        swapper: Swapper,
        source: ModelSource,
        group: WorkerGroup,
        health: WorkerHealth,
        production_interval_s: float = PRODUCTION_INTERVAL_S,
    ) -> None:
        self._slot = slot
        self._store = store
        self._swapper = swapper
        self._source = source
        self._group = group
        self._health = health
        self._interval_s = production_interval_s
        self._random = SystemRandom()
        self._stamp: tuple[int, int] | None = None
        self._is_behind = False
        self._n_failures = 0
        self._seen_once: tuple[str, str] | None = None
        self._refused: tuple[str, str] | None = None

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_pointer())
            tasks.create_task(self._follow_production())

    async def _follow_pointer(self) -> None:
        while True:
            if self._slot.current.version is None:
                await self._slot.refresh_fallback()
            if (stamp := self._store.pointer_stamp()) != self._stamp:
                self._stamp = stamp
                await self._follow()
            await asyncio.sleep(POINTER_INTERVAL_S)

    async def _follow(self) -> None:
        try:
            await self._slot.follow()
        except MatineeError as error:
            self._is_behind = True
            self._health.report(DEPLOYED, f"This worker does not serve the deployed model: {error}")
            log.warning("deployed_model_not_served", reason=str(error))
        else:
            self._caught_up()

    def _caught_up(self) -> None:
        self._is_behind = False
        self._health.report(DEPLOYED, None)
        if not self._group.is_first:  # which alone goes on asking
            self._n_failures = 0
            self._health.report(PRODUCTION, None)

    async def _follow_production(self) -> None:
        while True:
            if self._group.is_first or self._is_behind:
                await self._check_production()
            # Bounded, because a float ends at 2 ** 1023.
            pause_s = min(self._interval_s * 2 ** min(self._n_failures, 16), LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s * self._random.uniform(0.8, 1.2))

    async def _check_production(self) -> None:
        """Serve what is in production if the call to swap was missed; of failures in a row the first is logged."""
        try:
            await self._swap_if_missed()
        except NotFound:  # MLflow answers; the first version may come at any moment
            self._n_failures = 0
            self._health.report(PRODUCTION, None)
        except (MatineeError, OSError) as error:
            if self._n_failures == 0:
                log.info("production_not_followed", reason=str(error))
            self._n_failures += 1
            if isinstance(error, BadData) or (self._refused is None and self._n_failures >= TOLD_AFTER):
                self._health.report(PRODUCTION, f"What is in production is not followed: {error}")
        else:
            self._n_failures = 0
            if self._refused is None:
                self._health.report(PRODUCTION, None)

    async def _swap_if_missed(self) -> None:
        production = await self._source.in_production()
        deployed = self._store.deployed()
        is_served = deployed is not None and not self._is_behind
        if production.key != self._refused:
            self._refused = None
        is_known = deployed is not None and is_served and deployed.production == production.key
        if is_known:  # somebody has had it served, whatever was wrong with it
            self._refused = None
        if is_known or production.key == self._refused:
            self._seen_once = None
            return
        # Whoever moved production is about to ask for the swap; seen twice, the call was missed.
        if not is_served or self._seen_once == production.key:
            try:
                if await self._swapper.catch_up(deployed):
                    self._caught_up()
            except BadData:
                self._refused = production.key
                raise
        self._seen_once = production.key
