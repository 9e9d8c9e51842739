"""What a worker tells of messages of a swap that go wrong in it."""

import asyncio

import pytest

from matinee.errors import BadData
from matinee.serving.model import swap
from matinee.serving.model.swap import Swapper
from matinee.serving.prometheus import Metrics
from matinee.serving.workers.group import PROBLEM, answered
from matinee.serving.workers.health import WorkerHealth


class Slot:
    """Prepares and follows as the test says."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.hangs = False
        self.current = type("Served", (), {"version": "1"})

    async def prepare(self, _: str) -> None:
        if self.hangs:
            await asyncio.sleep(600)
        if self.error is not None:
            raise self.error

    async def follow(self) -> None:
        await self.prepare("")

    def hold(self, _: object) -> None:
        pass


@pytest.fixture
def health(tmp_path) -> WorkerHealth:
    return WorkerHealth(tmp_path)


@pytest.fixture
def slot() -> Slot:
    return Slot()


@pytest.fixture
def swapper(slot, health, tmp_path) -> Swapper:
    async def remake(_: object) -> None:
        pass

    return Swapper(slot, None, None, None, Metrics(tmp_path, health), remake)


@pytest.mark.parametrize("error", [BadData("It is damaged.", "Deploy it again."), RuntimeError("nobody expected this")])
@pytest.mark.parametrize("verb", ["prepare", "follow"])
def test_what_a_worker_cannot_do_for_a_swap_is_its_problem_until_it_can(slot, swapper, health, error, verb):
    async def live() -> None:
        slot.error = error
        assert str(error) in (await answered(swapper.handle, {verb: "7"}))[PROBLEM]
        await swapper.handle({"forget": "7"})
        told = health.problems()["swap"]
        assert f"{verb} version 7" in told
        assert str(error) in told
        slot.error = None
        await swapper.handle({verb: "8"})
        assert health.problems() == {}

    asyncio.run(live())


def test_a_message_of_a_swap_that_hangs_is_a_problem_before_it_ends(slot, swapper, health, monkeypatch):
    monkeypatch.setattr(swap, "PREPARE_TIMEOUT_S", 0.01)

    async def live() -> None:
        slot.hangs = True
        handling = asyncio.create_task(swapper.handle({"prepare": "7"}))
        for _ in range(5_000):
            if health.problems():
                break
            await asyncio.sleep(0.001)
        assert "prepare version 7" in health.problems()["swap"]
        handling.cancel()

    asyncio.run(live())
