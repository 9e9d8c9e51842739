"""A supervisor takes over what another one has left that was killed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from matinee.local import family
from matinee.local.output import log_file
from matinee.local.patience import Patience
from matinee.local.program import Health, Program
from matinee.local.state import ProcessState, State
from matinee.local.supervisor import Supervisor
from running import eventually

pytestmark = pytest.mark.slow

# It ignores, as Python's logging and PostgreSQL do, that nobody reads what it says.
COUNTS = "trap '' PIPE; n=0; while true; do n=$((n + 1)); echo line $n; sleep 0.05; done"
HAS_A_CHILD = "setsid sleep 600 & exec sleep 600"

SUPERVISOR = """
import sys
from pathlib import Path
from matinee.local.program import Program
from matinee.local.supervisor import Supervisor

home, name, code, once = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "once"
Supervisor([Program(name, ("bash", "-c", code), once=once)], home).run()
"""


@contextmanager
def first_supervisor(home: Path, name: str, code: str, once: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor of one program, in a process of its own; the program is ready."""
    command = [sys.executable, "-c", SUPERVISOR, str(home), name, code, once]
    with subprocess.Popen(command, cwd=home, stderr=subprocess.DEVNULL) as process:
        eventually(lambda: process_of(home) and process_of(home).phase in ("ready", "done"))
        yield process
        process.kill()
    family.end(lambda: family.marked(home), signal.SIGKILL, 0)


@contextmanager
def taking_over(home: Path, *programs: Program) -> Iterator[None]:
    supervisor = Supervisor(programs, home, patience=Patience(first_backoff_s=0.1), left=State.read(home))
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield
    finally:
        supervisor.stop()
        thread.join()


def process_of(home: Path) -> ProcessState | None:
    state = State.read(home)
    return state.processes[0] if state else None


def is_ready_after_restarts(home: Path, n_restarts: int) -> bool:
    found = process_of(home)
    return found is not None and (found.phase, found.restarts) == ("ready", n_restarts)


def lines(home: Path, name: str) -> int:
    return len(log_file(home, name).read_text().splitlines())


def test_what_runs_goes_on_under_the_next_supervisor_its_log_too_and_is_started_again_when_it_dies(tmp_path):
    program = Program("server", ("bash", "-c", COUNTS))
    with first_supervisor(tmp_path, "server", COUNTS) as first:
        before = process_of(tmp_path)
        first.kill()
        first.wait()
        n_lines = lines(tmp_path, "server")
        with taking_over(tmp_path, program):
            eventually(lambda: State.read(tmp_path).pid == os.getpid())
            eventually(lambda: lines(tmp_path, "server") > n_lines)
            after = process_of(tmp_path)
            assert (after.pid, after.phase, after.restarts) == (before.pid, "ready", 0)
            os.kill(before.pid, signal.SIGKILL)
            eventually(lambda: is_ready_after_restarts(tmp_path, 1))
            assert process_of(tmp_path).pid != before.pid
        assert family.marked(tmp_path) == []


def test_stopping_ends_what_was_taken_over_with_its_descendants(tmp_path):
    program = Program("server", ("bash", "-c", HAS_A_CHILD))
    with first_supervisor(tmp_path, "server", HAS_A_CHILD) as first:
        eventually(lambda: len(family.marked(tmp_path)) == 2)
        first.kill()
        first.wait()
        with taking_over(tmp_path, program):
            eventually(lambda: State.read(tmp_path).pid == os.getpid())
        assert family.marked(tmp_path) == []
        assert process_of(tmp_path).phase == "stopped"


def test_stopping_ends_what_was_taken_over_although_what_it_needs_is_not_ready(tmp_path):
    base = Program("base", ("sleep", "600"), probe=lambda: Health.DOWN)
    server = Program("server", ("bash", "-c", HAS_A_CHILD), after=("base",))
    with first_supervisor(tmp_path, "server", HAS_A_CHILD) as first:
        first.kill()
        first.wait()
        with taking_over(tmp_path, server, base):
            eventually(lambda: State.read(tmp_path).pid == os.getpid())
        assert family.marked(tmp_path) == []


def test_what_has_ended_meanwhile_is_started_again_without_what_it_left(tmp_path):
    program = Program("server", ("bash", "-c", HAS_A_CHILD))
    with first_supervisor(tmp_path, "server", HAS_A_CHILD) as first:
        eventually(lambda: len(family.marked(tmp_path)) == 2)
        first.kill()
        first.wait()
        left = family.marked(tmp_path)
        os.kill(process_of(tmp_path).pid, signal.SIGKILL)
        with taking_over(tmp_path, program):
            eventually(lambda: is_ready_after_restarts(tmp_path, 1))
            eventually(lambda: not any(map(family.is_alive, left)))


def test_what_was_started_and_not_yet_written_down_is_ended_before_it_is_started_again(tmp_path):
    State(pid=1, created=0.0, processes=[ProcessState("server", phase="starting")]).write(tmp_path)
    stray = subprocess.Popen(["sleep", "600"], env=os.environ | family.mark(tmp_path, "server"))
    eventually(lambda: family.marked(tmp_path))
    with taking_over(tmp_path, Program("server", ("sleep", "600"))):
        assert stray.wait(10) == -signal.SIGTERM
        eventually(lambda: process_of(tmp_path).phase == "ready")
        assert process_of(tmp_path).restarts == 0


def test_a_migration_that_is_done_is_not_done_again(tmp_path):
    migrates = f'echo migrated >> "{tmp_path}/migrations"'
    migration = Program("migration", ("bash", "-c", migrates), once=True)
    with first_supervisor(tmp_path, "migration", migrates, "once") as first:
        first.kill()
        first.wait()
        with taking_over(tmp_path, migration, Program("server", ("sleep", "600"), after=("migration",))):
            eventually(
                lambda: ("server", "ready") in [(each.name, each.phase) for each in State.read(tmp_path).processes]
            )
        assert (tmp_path / "migrations").read_text() == "migrated\n"
