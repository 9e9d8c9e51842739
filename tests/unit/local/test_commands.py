"""Starting, stopping and describing a home, with a small supervisor in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from matinee.bench.ports import free_port
from matinee.errors import NotFound, Refused, UsageError
from matinee.local import commands, family, state
from matinee.local.state import ProcessState, State

pytestmark = pytest.mark.slow

SUPERVISOR = """
import signal, sys
from pathlib import Path
from matinee.local import state
from matinee.local.program import Program
from matinee.local.supervisor import Supervisor

home = Path(sys.argv[1])
with state.take_lock(home):
    sleeper = ("bash", "-c", "setsid sleep 600 & sleep 600")
    supervisor = Supervisor([Program("server", sleeper, address="http://127.0.0.1:1")], home)
    signal.signal(signal.SIGTERM, lambda *_: supervisor.stop())
    supervisor.run()
    state.forget(home)
"""


def eventually(holds: Callable[[], object], patience_s: float = 30.0) -> None:
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def supervisor(settings) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor of `settings.home` whose one program has two descendants."""
    with subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(settings.home)], stderr=subprocess.DEVNULL) as process:
        eventually(lambda: len(family.marked(settings.home)) == 3)
        eventually(lambda: [each.state for each in commands.status(settings)] == ["ready"])
        yield process
        process.kill()
    commands.down(settings)


@pytest.mark.usefixtures("supervisor")
def test_a_second_start_changes_nothing(settings):
    before = {process.pid for process in family.marked(settings.home)}
    assert commands.start(settings) is False
    assert {process.pid for process in family.marked(settings.home)} == before


@pytest.mark.usefixtures("supervisor")
def test_a_second_supervisor_is_refused(settings):
    with pytest.raises(Refused, match="runs already"):
        commands.supervise(settings)


@pytest.mark.usefixtures("supervisor")
def test_status_tells_what_runs(settings):
    (server,) = commands.status(settings)
    assert (server.name, server.state, server.address, server.restarts) == ("server", "ready", "http://127.0.0.1:1", 0)
    assert server.pid in {process.pid for process in family.marked(settings.home)}
    assert server.memory_bytes > 0
    assert server.uptime_s is not None


def test_down_stops_the_supervisor_and_everything_it_started(settings, supervisor):
    assert commands.down(settings) is True
    assert family.marked(settings.home) == []
    assert supervisor.wait() == 0
    assert commands.status(settings) == []


def test_down_ends_what_a_killed_supervisor_left(settings, supervisor):
    supervisor.kill()
    supervisor.wait()
    assert [each.state for each in commands.status(settings)] == ["unwatched"]
    assert commands.down(settings) is True
    assert family.marked(settings.home) == []


def test_down_of_a_home_that_does_not_run_does_nothing(settings):
    assert commands.down(settings) is False
    assert not settings.home.exists()


def test_a_state_file_whose_numbers_belong_to_strangers_harms_nobody(settings):
    settings.home.mkdir()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger:
        long_ago = ProcessState("server", phase="ready", pid=stranger.pid, created=1.0)
        State(pid=os.getpid(), created=1.0, processes=[long_ago]).write(settings.home)
        assert commands.down(settings) is False
        assert stranger.poll() is None
        stranger.kill()


BROKEN = ['{"pid": 1, "crea', "", "[]", '{"pid": 1, "created": 0.0, "processes": [{"nme": "api"}]}']


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_state_file_is_taken_for_what_a_dead_supervisor_left(settings, text):
    settings.home.mkdir()
    (settings.home / "supervisor.json").write_text(text)
    assert commands.status(settings) == []
    with capture_logs() as said:
        assert commands.down(settings) is False
    assert "supervisor.json cannot be read" in said[0]["event"]
    assert not (settings.home / "supervisor.json").exists()


def test_down_finds_what_a_killed_supervisor_left_without_its_state_file(settings, supervisor):
    supervisor.kill()
    supervisor.wait()
    (settings.home / "supervisor.json").write_text(BROKEN[0])
    assert commands.down(settings) is True
    assert family.marked(settings.home) == []


def test_a_state_file_that_breaks_under_a_living_supervisor_is_healed_and_down_stops_it(settings, supervisor):
    (settings.home / "supervisor.json").write_text(BROKEN[0])
    assert commands.start(settings) is False
    (settings.home / "supervisor.json").write_text(BROKEN[0])
    assert commands.down(settings) is True
    assert supervisor.wait() == 0
    assert family.marked(settings.home) == []


def test_a_home_that_another_command_works_on_is_refused(settings, monkeypatch):
    monkeypatch.setattr(commands, "BUSY_S", 0.0)
    with state.take_lock(settings.home), pytest.raises(Refused, match="Another command"):
        commands.start(settings)


def test_a_busy_port_is_refused_before_anything_starts(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {f"{name}_port": free_port() for name in ("mlflow", "airflow", "ui", "postgres")}
        busy = settings.model_copy(update={**ports, "api_port": taken.getsockname()[1]})
        with pytest.raises(Refused, match=f"Port {busy.api_port}, which api needs.*MATINEE_API_PORT"):
            commands.start(busy)
    assert commands.status(settings) == []


def test_logs_of_an_unknown_process_name_the_known_ones(settings):
    (settings.home / "logs").mkdir(parents=True)
    (settings.home / "logs" / "api.log").write_text("2025-01-01T00:00:00.000Z hello\n")
    with pytest.raises(NotFound, match=r"no log of apo.*api"):
        commands.logs(settings, "apo")


def test_the_lock_goes_with_its_holder(tmp_path):
    lock = state.take_lock(tmp_path)
    assert lock is not None
    assert state.take_lock(tmp_path) is None
    lock.close()
    with state.take_lock(tmp_path) as again:
        assert again is not None


def test_a_process_is_found_only_by_number_and_time_of_creation():
    me = psutil.Process()
    assert family.find(me.pid, me.create_time()) == me
    assert family.find(me.pid, me.create_time() - 60) is None


def test_the_supervisor_ends_on_a_signal(settings, supervisor):
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait() == 0
    assert family.marked(settings.home) == []


def test_the_state_file_is_replaced_in_one_step(tmp_path: Path):
    State.of_this_process([ProcessState("api")]).write(tmp_path)
    assert State.read(tmp_path).processes == [ProcessState("api")]
    assert [path.name for path in tmp_path.iterdir()] == ["supervisor.json"]


def test_settings_that_lead_to_another_matinee_than_the_one_of_the_home_are_refused(settings):
    settings.home.mkdir(parents=True)
    State.of_this_process([ProcessState("api", address="http://127.0.0.1:8123"), ProcessState("postgres")]).write(
        settings.home
    )
    commands.require_own_ports(settings.model_copy(update={"api_port": 8123}))
    with pytest.raises(UsageError, match="MATINEE_API_PORT=8123"):
        commands.require_own_ports(settings)


def test_what_does_not_run_has_no_ports(settings):
    settings.home.mkdir(parents=True)
    State(0, 0.0, [ProcessState("api", address="http://127.0.0.1:8123")]).write(settings.home)
    commands.require_own_ports(settings)
