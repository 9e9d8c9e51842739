"""Background tasks that die."""

import asyncio

from matinee.serving.prometheus import Metrics
from matinee.serving.workers import tasks
from matinee.serving.workers.health import WorkerHealth
from matinee.serving.workers.tasks import keep_running


def run_dying(tmp_path, monkeypatch, n_deaths: int) -> tuple[WorkerHealth, str, int]:
    monkeypatch.setattr(tasks, "FIRST_PAUSE_S", 0.01)
    health = WorkerHealth(tmp_path)
    metrics = Metrics(tmp_path, health)
    n_runs = 0

    async def run() -> None:
        nonlocal n_runs
        n_runs += 1
        if n_runs <= n_deaths:
            raise RuntimeError("nobody expected this")

    asyncio.run(keep_running("follower", run, health, metrics))
    return health, metrics.page().decode(), n_runs


def test_a_background_task_that_dies_is_started_again(tmp_path, monkeypatch):
    assert run_dying(tmp_path, monkeypatch, n_deaths=3)[2] == 4


def test_a_background_task_that_died_is_in_the_metrics_and_in_readiness(tmp_path, monkeypatch):
    health, page, _ = run_dying(tmp_path, monkeypatch, n_deaths=3)
    assert 'matinee_background_task_failures_total{task="follower"} 3.0' in page
    assert 'matinee_problem{part="follower"} 1.0' in page
    assert "nobody expected this" in health.problems()["follower"]


def test_a_background_task_that_has_run_for_a_while_is_well_again(tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(tasks, "SETTLED_S", 0.05)
    health = WorkerHealth(tmp_path)
    runs = iter([RuntimeError("once"), None])

    async def run() -> None:
        if (error := next(runs)) is not None:
            raise error
        assert "follower" in health.problems()
        await asyncio.sleep(0.2)

    asyncio.run(keep_running("follower", run, health, Metrics(tmp_path, health)))
    assert health.problems() == {}
