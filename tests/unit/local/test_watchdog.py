"""The watchdog starts a supervisor again that is killed or frozen."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from matinee.local import family, output, watchdog
from matinee.local.state import ProcessState, State, take_lock
from matinee.local.watchdog import Watchdog
from running import eventually

pytestmark = pytest.mark.slow


@pytest.fixture
def looked(tmp_path) -> Iterator[tuple[Watchdog, psutil.Process, list[str]]]:
    """A watchdog, the process that it takes for the supervisor, and how often it has started another one."""
    started: list[str] = []
    with subprocess.Popen(["sleep", "600"]) as supervisor:
        process = psutil.Process(supervisor.pid)
        State(supervisor.pid, process.create_time(), [], family.identity(supervisor.pid)).write(tmp_path)
        yield Watchdog(tmp_path, lambda: started.append("again")), process, started
        supervisor.kill()


def test_a_living_supervisor_is_left_alone(looked):
    dog, supervisor, started = looked
    for _ in range(3):
        dog.look()
    assert family.is_alive(supervisor)
    assert started == []


def test_a_dead_supervisor_is_started_again(looked):
    dog, supervisor, started = looked
    supervisor.kill()
    eventually(lambda: not family.is_alive(supervisor))
    dog.look()
    assert started == ["again"]


def test_a_supervisor_that_is_frozen_in_two_looks_is_killed_and_started_again(looked):
    dog, supervisor, started = looked
    supervisor.suspend()
    eventually(lambda: family.is_frozen(supervisor))
    dog.look()
    assert family.is_alive(supervisor)
    dog.look()
    eventually(lambda: not family.is_alive(supervisor))
    assert started == ["again"]


def test_a_supervisor_that_was_frozen_for_a_moment_is_left_alone(looked):
    dog, supervisor, started = looked
    for _ in range(2):
        supervisor.suspend()
        eventually(lambda: family.is_frozen(supervisor))
        dog.look()
        supervisor.resume()
        eventually(lambda: not family.is_frozen(supervisor))
        dog.look()
    assert family.is_alive(supervisor)
    assert started == []


WRITES = "import itertools, time\nfor n in itertools.count():\n    print(n, flush=True)\n    time.sleep(0.005)"


@pytest.mark.skipif(sys.platform != "linux", reason="a pipe is opened again under /proc")
def test_a_program_that_writes_while_there_is_no_supervisor_goes_on_and_the_next_one_reads_it(looked, tmp_path):
    dog, supervisor, _ = looked
    program = subprocess.Popen([sys.executable, "-c", WRITES], stdout=subprocess.PIPE)
    try:
        read = int(program.stdout.readline())
        created = psutil.Process(program.pid).create_time()
        own = ProcessState(name="program", pid=program.pid, created=created)
        state = State.read(tmp_path)
        State(state.pid, state.created, [own], state.identity).write(tmp_path)
        dog.look()
        program.stdout.close()  # its reader has died
        time.sleep(0.2)
        assert program.poll() is None
        with output.pipe_of(program.pid) as pipe:
            assert int(pipe.readline()) > read
        own.pid = None
        State(state.pid, state.created, [own], state.identity).write(tmp_path)
        dog.look()
        assert program.wait(10) != 0, "nobody holds it any more"
    finally:
        program.kill()
        program.wait()
    assert family.is_alive(supervisor)


def test_a_home_that_was_stopped_in_order_is_left_alone(tmp_path):
    started: list[str] = []
    Watchdog(tmp_path, lambda: started.append("again")).look()
    assert started == []


def test_nothing_is_started_while_another_command_is_at_work_on_the_home(tmp_path, monkeypatch):
    started: list[Path] = []
    monkeypatch.setattr(watchdog, "start_supervisor", lambda home, *_: started.append(home))
    with take_lock(tmp_path):
        watchdog.start_again(tmp_path)
    assert started == []
    watchdog.start_again(tmp_path)
    assert started == [tmp_path]


def test_the_supervisor_that_a_watchdog_starts_does_not_end_with_the_watchdog(tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/bash\nenv > "{tmp_path}/environment"\n')
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    with take_lock(tmp_path) as lock:
        watchdog.start_supervisor(tmp_path, lock, {"MATINEE_HOME": "here", **family.mark(tmp_path, "watchdog")})
    environment = (tmp_path / "environment").read_text()
    assert "MATINEE_HOME=here" in environment
    assert family.MARK not in environment


def test_the_watchdog_is_small():
    """It is there as long as matinee is, on machines with little memory too."""
    large = "{'polars', 'pydantic', 'sqlalchemy', 'structlog'}"
    code = f"import matinee.local.watchdog, sys; print(sorted({large} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_a_look_that_fails_is_not_the_last(tmp_path, monkeypatch):
    looks: list[float] = []

    def fails(_: Watchdog) -> None:
        looks.append(time.monotonic())
        if len(looks) == 3:
            raise KeyboardInterrupt
        raise OSError("a disk that gives errors")

    monkeypatch.setattr(watchdog, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(Watchdog, "look", fails)
    with pytest.raises(KeyboardInterrupt):
        watchdog.main(tmp_path)
    assert len(looks) == 3
