"""What is wrong with a worker."""

import os
import subprocess
import sys
import textwrap

import pytest

from matinee.local import family
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


SCRIPT = """
    import sys, time
    from pathlib import Path
    from matinee.serving.workers.health import WorkerHealth

    health = WorkerHealth(Path(sys.argv[1]))
    before = list(health.problems())
    print(before, flush=True)
    sys.stdin.read()
    deadline = time.monotonic() + 2
    while not health.problems() and time.monotonic() < deadline:
        time.sleep(0.01)
    print(list(health.problems()), flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("marked", "problems"), [(True, "['supervisor']"), (False, "[]")])
def test_the_death_of_the_supervisor_is_a_problem_of_what_it_has_started(tmp_path, marked, problems):
    script = textwrap.dedent(SCRIPT)
    environment = os.environ | (family.mark(tmp_path, "api") if marked else {})
    launcher = (
        "import os, subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2]])\n"
        "sys.stdin.readline()\n"
        "os._exit(0)\n"
    )
    command = [sys.executable, "-c", launcher, script, str(tmp_path)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout.readline() == "[]\n"
        supervisor.stdin.close()
        supervisor.wait()
        assert supervisor.stdout.readline() == f"{problems}\n"


def test_the_mark_is_the_one_that_the_supervisor_sets():
    assert health.SUPERVISED == family.MARK
