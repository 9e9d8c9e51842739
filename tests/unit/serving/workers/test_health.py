"""What is wrong with a worker."""

import os
import subprocess

import pytest

from matinee.local import family
from matinee.local.state import State
from matinee.serving.workers import health
from matinee.serving.workers.health import WorkerHealth


def test_a_part_that_is_well_again_is_no_problem(tmp_path):
    found = WorkerHealth(tmp_path)
    found.report("follower", "It died.")
    assert found.problems() == {"follower": "It died."}
    found.report("follower", None)
    assert found.problems() == {}


def test_a_disk_without_space_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(health, "DISK_RESERVE_BYTES", 1 << 62)
    assert list(WorkerHealth(tmp_path).problems()) == ["disk"]


def test_a_home_that_is_gone_is_a_problem_and_no_error(tmp_path):
    found = WorkerHealth(tmp_path / "nowhere")
    assert list(found.problems()) == ["disk"]
    assert found.free_bytes() == 0


@pytest.mark.parametrize(("marked", "problems"), [(True, ["supervisor"]), (False, [])])
def test_the_death_of_the_supervisor_is_a_problem_of_what_it_has_started(tmp_path, monkeypatch, marked, problems):
    if marked:
        monkeypatch.setenv(health.SUPERVISED, "api home")
    with subprocess.Popen(["sleep", "600"]) as supervisor:
        State(supervisor.pid, 0.0, []).write(tmp_path)
        found = WorkerHealth(tmp_path)
        assert list(found.problems()) == []
        supervisor.kill()
    assert list(found.problems()) == problems
    State(os.getpid(), 0.0, []).write(tmp_path)  # another one has taken over
    assert list(found.problems()) == []


def test_a_state_file_that_cannot_be_read_tells_nothing_of_the_supervisor(tmp_path, monkeypatch):
    monkeypatch.setenv(health.SUPERVISED, "api home")
    found = WorkerHealth(tmp_path)
    assert list(found.problems()) == []
    (tmp_path / "supervisor.json").write_text('{"pid": ')
    assert list(found.problems()) == []


def test_the_mark_is_the_one_that_the_supervisor_sets():
    assert health.SUPERVISED == family.MARK
