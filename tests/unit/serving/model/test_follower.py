"""What a worker tells of a model that it cannot follow."""

import asyncio
from types import SimpleNamespace

import pytest

from matinee.errors import BadData, DependencyUnreachable, MatineeError, NotFound
from matinee.serving.model import follower
from matinee.serving.model.follower import Follower
from matinee.serving.workers.group import SingleWorker
from matinee.serving.workers.health import WorkerHealth

AWAY = DependencyUnreachable("MLflow is unavailable.", "Wait.")
BROKEN = BadData("Version 2 is damaged.", "Deploy it again.")


class Parts:
    """A slot, a store, a source and a swapper that do what the test says."""

    def __init__(self, version: str) -> None:
        self.current = SimpleNamespace(version=version)
        self.production, self.on_disk = "1", "1"
        self.in_production_fails: MatineeError | None = None
        self.follow_fails: MatineeError | None = None
        self.swap_fails: MatineeError | None = None

    async def in_production(self) -> SimpleNamespace:
        if self.in_production_fails:
            raise self.in_production_fails
        return SimpleNamespace(key=(self.production, "run"))

    def deployed(self) -> SimpleNamespace:
        return SimpleNamespace(production=(self.on_disk, "run"))

    def pointer_stamp(self) -> tuple[int, int]:
        return (int(self.on_disk), 0)

    async def follow(self) -> None:
        if self.follow_fails:
            raise self.follow_fails

    async def catch_up(self, _: object) -> bool:
        if self.swap_fails:
            raise self.swap_fails
        self.on_disk = self.production
        return True


@pytest.fixture
def parts(monkeypatch) -> Parts:
    monkeypatch.setattr(follower, "POINTER_INTERVAL_S", 0.001)
    return Parts("1")


@pytest.fixture
def health(tmp_path) -> WorkerHealth:
    return WorkerHealth(tmp_path)


async def has(health: WorkerHealth, **expected: str | None) -> None:
    """Wait until parts have problems with these words; none where it is None."""

    def holds() -> bool:
        found = health.problems()
        return all((word in found.get(part, "")) if word else part not in found for part, word in told.items())

    told = {part.replace("_", " "): word for part, word in expected.items()}
    for _ in range(5_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError(health.problems())


def following(parts: Parts, health: WorkerHealth) -> Follower:
    return Follower(parts, parts, parts, parts, SingleWorker(), health, 0.001)


def test_a_deployed_model_that_a_worker_cannot_serve_is_a_problem_until_it_can(parts, health):
    async def live() -> None:
        parts.follow_fails = BROKEN
        parts.in_production_fails = NotFound("Nothing is in production.", "Wait.")
        task = asyncio.create_task(following(parts, health).run())
        await has(health, deployed_model="Version 2 is damaged", production=None)
        parts.follow_fails, parts.on_disk = None, "2"
        await has(health, deployed_model=None)
        task.cancel()

    asyncio.run(live())


def test_a_swap_that_goes_well_ends_the_problem_of_the_deployed_model(parts, health):
    async def live() -> None:
        parts.follow_fails, parts.swap_fails = BROKEN, AWAY
        task = asyncio.create_task(following(parts, health).run())
        await has(health, deployed_model="Version 2 is damaged")
        parts.swap_fails = None
        await has(health, deployed_model=None)
        task.cancel()

    asyncio.run(live())


@pytest.mark.parametrize("answer", [None, NotFound("Nothing is in production.", "Wait.")])
def test_production_that_nobody_can_ask_for_is_a_problem_after_a_few_failures_and_until_it_answers(
    parts, health, answer
):
    async def live() -> None:
        follow = following(parts, health)
        parts.in_production_fails = AWAY
        for _ in range(follower.TOLD_AFTER - 1):
            await follow._check_production()
        assert health.problems() == {}
        await follow._check_production()
        assert "MLflow is unavailable" in health.problems()["production"]
        parts.in_production_fails = answer
        await follow._check_production()
        assert health.problems() == {}

    asyncio.run(live())


def test_a_follower_goes_on_however_long_mlflow_is_away(parts, health, monkeypatch):
    monkeypatch.setattr(follower, "LONGEST_PAUSE_S", 0)
    n_asked = 0

    async def fails() -> None:
        nonlocal n_asked
        n_asked += 1
        if n_asked > 1100:  # from 1,024 on a power of two is no float
            raise asyncio.CancelledError
        raise AWAY

    async def live() -> None:
        parts.in_production = fails
        with pytest.raises(asyncio.CancelledError):
            await following(parts, health)._follow_production()

    asyncio.run(live())


async def after_a_refusal(parts: Parts, health: WorkerHealth) -> Follower:
    """Has refused version 2, and told so."""
    follow = following(parts, health)
    parts.production, parts.swap_fails = "2", BROKEN
    for _ in range(2):  # seen twice, the call to swap was missed
        await follow._check_production()
    assert "Version 2 is damaged" in health.problems()["production"]
    return follow


def test_a_version_in_production_that_is_refused_stays_a_problem_until_there_is_another(parts, health):
    async def live() -> None:
        follow = await after_a_refusal(parts, health)
        await follow._check_production()
        assert "Version 2 is damaged" in health.problems()["production"]
        parts.production, parts.swap_fails = "3", None
        await follow._check_production()
        assert health.problems() == {}

    asyncio.run(live())


def test_a_version_that_was_refused_and_is_served_all_the_same_is_no_problem(parts, health):
    async def live() -> None:
        follow = await after_a_refusal(parts, health)
        parts.on_disk = "2"  # somebody has asked for it, and it went well
        await follow._check_production()
        assert health.problems() == {}

    asyncio.run(live())


def test_a_refusal_stays_the_problem_whatever_becomes_of_mlflow(parts, health):
    async def live() -> None:
        follow = await after_a_refusal(parts, health)
        parts.in_production_fails = AWAY
        for _ in range(2 * follower.TOLD_AFTER):
            await follow._check_production()
        assert "Version 2 is damaged" in health.problems()["production"]

    asyncio.run(live())


class OtherWorker(SingleWorker):
    """A worker that is not the first of its server."""

    is_first = False


def test_a_worker_that_is_behind_tells_nothing_of_production_once_it_follows_again(parts, health, monkeypatch):
    monkeypatch.setattr(follower, "LONGEST_PAUSE_S", 0.002)

    async def live() -> None:
        parts.follow_fails, parts.in_production_fails = BROKEN, AWAY
        other = Follower(parts, parts, parts, parts, OtherWorker(), health, 0.001)
        task = asyncio.create_task(other.run())
        await has(health, deployed_model="Version 2 is damaged", production="MLflow is unavailable")
        parts.follow_fails, parts.on_disk = None, "2"
        await has(health, deployed_model=None, production=None)
        task.cancel()

    asyncio.run(live())
