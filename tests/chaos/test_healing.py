"""The chaos suite notices when what was struck is back, and when it is not; real processes under a real supervisor."""

import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest

from chaos import healing
from chaos.healing import Healing, needs
from chaos.limits import Judged, Struck
from chaos.plan import Strike
from chaos.small import PARENT, SLEEP, supervised
from chaos.targets import CHALLENGER, STAGES, Targets, stage_of
from matinee.local import family
from matinee.local.program import Program
from matinee.local.state import State
from matinee.settings import Settings
from running import eventually

SOON, PATIENTLY = 0.1, 10.0
"""Allowances with which 30 s are 3 s, and 5 minutes: what is asked is whether, not when."""


def judged_after(
    settings: Settings,
    action: str,
    target: str,
    allowance: float = PATIENTLY,
    then: Callable[[], object] = lambda: None,
) -> list[Judged]:
    """How a strike on a target is judged, when `then` follows it."""
    watching = Healing(settings, lambda _: False, allowance)
    watching.start()
    struck = Targets(settings).hit(Strike(0.0, target, action, 0.0), 1)
    assert struck is not None
    watching.struck(struck)
    then()
    return watching.judged()


@pytest.mark.slow
@pytest.mark.parametrize("action", ["kill", "freeze"])
def test_a_program_that_is_started_again_is_back(settings, action):
    with supervised(settings, Program(name="ui", command=SLEEP)):
        (found,) = judged_after(settings, action, "ui")
    assert (found.what, found.after, found.limit_s) == ("ui was back", f"strike 1, {action} ui", 300.0)
    assert found.took_s > 0
    assert not found.is_broken


@pytest.mark.slow
def test_a_program_that_does_not_come_back_is_away(settings, tmp_path):
    flag = tmp_path / "may start"
    flag.touch()
    starts_once = Program(name="ui", command=("sleep", "600"), prepare=flag.unlink)
    with supervised(settings, starts_once):
        (found,) = judged_after(settings, "kill", "ui", SOON)
    assert (found.what, found.limit_s, found.is_broken) == ("ui is still away", 3.0, True)


def as_supervisor(settings: Settings) -> subprocess.Popen[bytes]:
    """A process that the state file names as the supervisor."""
    process = subprocess.Popen(["sleep", "600"])
    identity = family.identity(process.pid)
    State(process.pid, psutil.Process(process.pid).create_time(), [], identity).write(settings.home)
    return process


@pytest.mark.slow
@pytest.mark.parametrize("action", ["kill", "freeze"])
@pytest.mark.parametrize("is_replaced", [True, False])
def test_a_supervisor_is_back_when_another_one_has_written_its_state(settings, action, is_replaced):
    settings.home.mkdir()
    started = [as_supervisor(settings)]

    def replace() -> None:
        started[0].kill()
        started.append(as_supervisor(settings))

    then, allowance = (replace, PATIENTLY) if is_replaced else (lambda: None, SOON)
    (found,) = judged_after(settings, action, "supervisor", allowance, then)
    for each in started:
        each.kill()
        each.wait()
    assert (found.what, found.is_broken) == (
        ("supervisor was back", False) if is_replaced else ("supervisor is still away", True)
    )


@pytest.mark.slow
@pytest.mark.parametrize(("parent", "is_back"), [("mends", True), ("does not", False)])
def test_a_worker_is_back_when_its_parent_has_as_many_as_before(settings, monkeypatch, parent, is_back):
    monkeypatch.setattr(healing, "STAYS_S", 0.2)
    settings = settings.model_copy(update={"api_workers": 2 if is_back else 1})
    with supervised(settings, Program(name="api", command=(sys.executable, "-c", PARENT, parent))):
        eventually(lambda: len(Targets(settings).find("api-worker")) == settings.api_workers)
        settings = settings.model_copy(update={"api_workers": 2})
        (found,) = judged_after(settings, "kill", "api-worker", PATIENTLY if is_back else SOON)
    assert found.is_broken is not is_back, found


@pytest.fixture
def task(settings, tmp_path):
    """Starts what looks like a task of Airflow at a stage."""
    (tmp_path / "matinee").write_text("import time; time.sleep(600)")
    started = []

    def start(*arguments: str) -> None:
        environment = family.mark(settings.home, "airflow-scheduler")
        started.append(subprocess.Popen([sys.executable, *arguments], env=environment))
        eventually(lambda: started[-1].pid in [each.pid for each in family.marked(settings.home)])

    def at(stage: str) -> None:
        start(str(tmp_path / "matinee"), stage)

    at.start = start
    yield at
    for each in started:
        each.kill()
        each.wait()


@pytest.mark.slow
def test_every_stage_is_found(settings, task):
    for stage in STAGES:
        task(stage)
    assert {stage_of(each) for each in Targets(settings).find("task")} == {*STAGES}
    assert {"challenge", "prune"} <= {*STAGES}


@pytest.mark.slow
def test_a_task_is_back_when_its_stage_is_tried_again(settings, task):
    task("train")
    (found,) = judged_after(settings, "kill", "task", then=lambda: task("train"))
    assert (found.what, found.after, found.is_broken) == ("task train was back", "strike 1, kill task train", False)


@pytest.mark.slow
def test_a_task_is_not_back_because_another_stage_runs(settings, task):
    task("train")
    (found,) = judged_after(settings, "kill", "task", SOON / 2, then=lambda: task("prune"))
    assert (found.what, found.is_broken) == ("task train is still away", True)


def strike(at: float, target: str, stage: str = "") -> Struck:
    return Struck(1, at, Strike(1.0, target, "kill", 0.0), (), stage)


def test_time_is_counted_from_the_last_strike_on_what_is_needed(settings):
    watching = Healing(settings, lambda _: False)
    watching.struck(strike(10.0, "airflow-scheduler"))
    watching.struck(strike(12.0, "task", "train"))
    watching.struck(strike(20.0, "postgres-backend"))
    watching.struck(strike(30.0, "ui"))
    watching.struck(strike(40.0, "api-worker"))
    since = {wound.what: wound.since for wound in watching._wounds}
    assert since == {
        "airflow-scheduler": 20.0,
        "task train": 20.0,
        "postgres-backend": 20.0,
        "ui": 30.0,
        "api-worker": 40.0,
    }


def test_one_challenger_is_not_tried_again_and_not_waited_for(settings):
    watching = Healing(settings, lambda _: False)
    watching.struck(strike(10.0, "task", CHALLENGER))
    assert watching._wounds == []


def test_programs_need_what_they_start_after(settings):
    assert needs(settings)["ui"] == {"api", "supervisor", "watchdog"}
    assert {"postgres", "airflow-api-server", "mlflow", "api"} <= needs(settings)["airflow-scheduler"]
