"""Changing the model in every worker: all of them or none.

The worker that was asked does it while it holds the lock of the model store:

1. download, verify, answer the golden requests, add it to the store      a failure: nothing has changed
2. `prepare`: every worker maps the verified copy, answers those too,
   replays recent requests and makes the answers of this hour             a failure, a death: the same
3. move the pointer on disk                                               the new version is the deployed one
4. `follow`: every worker switches; one that starts meanwhile joins       one that cannot: the pointer moves back

A worker that is killed in step 4 is restarted by the parent, loads what the pointer names, and then answers. If the
one that does the swap is killed, the lock is free, and all workers follow the pointer, wherever it stands.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import structlog

from matinee.clients.schemas.model import Swap
from matinee.errors import BadData, MatineeError, NotFound
from matinee.serving.model.fetch import ModelSource
from matinee.serving.model.served import Registered, ServedModel
from matinee.serving.model.slot import ModelSlot
from matinee.serving.model.store import Deployed, ModelStore
from matinee.serving.prometheus import Metrics
from matinee.serving.workers.background import run_in_background
from matinee.serving.workers.group import PROBLEM, Message, WorkerGroup

log = structlog.get_logger()

PREPARE_TIMEOUT_S = 60.0
"""How long workers may take to load."""
FOLLOW_TIMEOUT_S = 20.0
"""How long workers may take to switch, one that is being restarted among them."""
FOLLOW_INTERVAL_S = 0.2
PART = "swap"
"""Of a worker, under which its health tells what is wrong."""


class Swapper:
    """Swaps the model of a server."""

    def __init__(
        self,
        slot: ModelSlot,
        store: ModelStore,
        source: ModelSource,
        group: WorkerGroup,
        metrics: Metrics,
        remake: Callable[[ServedModel], Awaitable[None]],
    ) -> None:
        """`remake` makes answers with a model that is about to be served."""
        self._slot = slot
        self._store = store
        self._source = source
        self._group = group
        self._metrics = metrics
        self._remake = remake

    async def handle(self, message: Message) -> Message:
        """Answer a message of a swap, whichever worker does it.

        What goes wrong, or hangs, is a problem of this worker until it follows a swap or prepares one again.
        """
        report = partial(self._metrics.health.report, PART)
        hangs = asyncio.get_running_loop().call_later(
            PREPARE_TIMEOUT_S, report, f"This worker takes long to {_what(message)}."
        )
        try:
            answer = await self._handled(message)
        except Exception as error:
            report(f"This worker could not {_what(message)}: {error!r}.")
            raise
        finally:
            hangs.cancel()
        if PROBLEM in answer:
            report(f"This worker could not {_what(message)}: {answer[PROBLEM]}")
        elif "forget" not in message:
            report(None)
        return answer

    async def _handled(self, message: Message) -> Message:
        try:
            if "prepare" in message:
                await self._remake(await self._slot.prepare(message["prepare"]))
            elif "follow" in message:
                await self._slot.follow()
            else:
                self._slot.hold(None)
        except (MatineeError, OSError) as error:
            return {PROBLEM: str(error)}
        return {"serves": self._slot.current.version}

    async def swap(self, version: str | None = None) -> Swap:
        """Have all workers serve a registered version; the one in production when `version` is None.

        Raises:
            NotFound: there is no such version, or none in production.
            BadData: its artifact is refused.
            DependencyUnreachable: MLflow does not answer.
            MatineeError: it cannot be stored, or a worker cannot serve it.
        """
        started, wanted = time.perf_counter(), _checked(version)
        async with self._store.swapping():
            return await self._swapped(wanted, started)

    async def catch_up(self, deployed: Deployed | None) -> bool:
        """Have all workers serve what is in production; errors as of `swap`.

        Args:
            deployed: what the pointer said to whoever asks. When it says something else by the time the lock is free,
                somebody has had another version served meanwhile, and that stays.

        Returns:
            Whether it was done.
        """
        started = time.perf_counter()
        async with self._store.swapping():
            if self._store.deployed() != deployed:
                return False
            await self._swapped(None, started)
        return True

    async def _swapped(self, wanted: str | None, started: float) -> Swap:
        """Serve a version, under the lock; `started` is when somebody asked, by the clock that never steps."""
        with self._metrics.swapping() as outcome:
            previous = await self._served_now()
            async with self._source.within_time():
                registered, production = await self._looked_up(wanted)
            if registered.is_same_as(previous.registered):
                await self._stored_again(registered)
                outcome.unchanged()
            else:
                ready = await self._on_disk(registered) or await self._downloaded(registered)
                await self._prepare(ready, registered)
            workers = await self._switch(registered, production, previous)
        duration_s = time.perf_counter() - started
        log.info("model_served", version=registered.version, previous=previous.version, duration_s=round(duration_s, 3))
        return Swap(
            version=registered.version,
            previous_version=previous.version,
            workers=workers,
            duration_s=round(duration_s, 3),
        )

    async def _served_now(self) -> ServedModel:
        """The served model, after following what another worker may have deployed last."""
        try:
            await self._slot.follow()
        except MatineeError as error:
            log.warning("deployed_model_not_served", reason=str(error))
        return self._slot.current

    async def _looked_up(self, version: str | None) -> tuple[Registered, Registered | None]:
        """The wanted version, and the one in production."""
        registered = await self._source.registered(version)
        if version is None:
            return registered, registered
        try:
            return registered, await self._source.in_production()
        except NotFound:
            return registered, None

    async def _stored_again(self, registered: Registered) -> None:
        """Download the served version if somebody has deleted its folder: a worker that starts needs it."""
        if not registered.is_same_as(self._store.registered(registered.version)):
            await self._downloaded(registered)

    async def _on_disk(self, registered: Registered) -> ServedModel | None:
        """The version as it was downloaded before; None when it was not, or is damaged."""
        if not registered.is_same_as(self._store.registered(registered.version)):
            return None
        try:
            return await run_in_background(lambda: self._store.load(registered.version))
        except BadData as error:
            log.warning("model_on_disk_refused", version=registered.version, reason=str(error))
            return None

    async def _downloaded(self, registered: Registered) -> ServedModel:
        with self._store.draft(registered.version) as draft:
            async with self._source.within_time():
                await self._source.download(registered, draft)
            served = await run_in_background(lambda: self._store.verified(draft, registered))
            await asyncio.to_thread(self._store.commit, draft, registered)
            return served

    async def _prepare(self, ready: ServedModel, registered: Registered) -> None:
        self._slot.hold(ready)
        if problems := _problems(await self._ask({"prepare": registered.version}, PREPARE_TIMEOUT_S)):
            await self._ask({"forget": registered.version}, FOLLOW_TIMEOUT_S)
            await asyncio.to_thread(self._store.discard, registered.version)
            raise _not_by_all(registered.version, problems, "Nothing has changed; try again, or see: matinee logs api.")

    async def _switch(self, registered: Registered, production: Registered | None, previous: ServedModel) -> int:
        """Move the pointer and have everyone follow; returns how many did."""
        if self._moves_pointer(registered, production):
            await asyncio.to_thread(self._store.point_to, registered, production)
        answers = await self._follow_all(registered.version)
        if problems := _problems(answers):
            # Before the first model there is nothing to go back to; whoever starts later finds the new one.
            if previous.registered is not None and not registered.is_same_as(previous.registered):
                await asyncio.to_thread(self._store.point_to, previous.registered, production)
                await self._ask({"follow": previous.version}, FOLLOW_TIMEOUT_S)
            raise _not_by_all(registered.version, problems, "Try again, or see: matinee logs api.")
        return len(answers)

    def _moves_pointer(self, registered: Registered, production: Registered | None) -> bool:
        deployed = self._store.deployed()
        known = (deployed.key, deployed.production) if deployed else None
        return known != (registered.key, production and production.key)

    async def _follow_all(self, version: str) -> list[Message]:
        """Answers of all workers when none has a problem any more, or the last ones when time is up."""
        deadline = time.monotonic() + FOLLOW_TIMEOUT_S
        while True:
            answers = await self._ask({"follow": version}, FOLLOW_TIMEOUT_S)
            if not _problems(answers) or time.monotonic() > deadline:
                return answers
            await asyncio.sleep(FOLLOW_INTERVAL_S)

    async def _ask(self, message: Message, timeout_s: float) -> list[Message]:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._group.ask(message)
        except TimeoutError:
            return [{PROBLEM: f"not all workers answered in {timeout_s:.0f} s"}]


def _what(message: Message) -> str:
    """A message in words: `prepare version 7`."""
    return " ".join(f"{verb} version {version}" for verb, version in message.items())


def _problems(answers: Iterable[Message]) -> list[str]:
    return [answer[PROBLEM].rstrip(".") for answer in answers if PROBLEM in answer]


def _not_by_all(version: str, problems: list[str], hint: str) -> MatineeError:
    return MatineeError(f"Not every worker can serve version {version}: {'; '.join(problems)}.", hint)


def _checked(version: str | None) -> str | None:
    """MLflow numbers versions from 1; anything else is none, and must not become part of a path."""
    if version is not None and re.fullmatch(r"[1-9][0-9]{0,17}", version) is None:
        raise NotFound(f"There is no version {version!r}.", "See them with: matinee versions.")
    return version
