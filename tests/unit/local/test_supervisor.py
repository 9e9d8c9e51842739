"""The supervisor with small real processes."""

import contextlib
import dataclasses
import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from matinee.local import family
from matinee.local.output import log_file
from matinee.local.patience import Patience
from matinee.local.program import Health, Program
from matinee.local.state import ProcessState, State
from matinee.local.supervisor import Supervisor
from matinee.local.upkeep import Upkeep

QUICK = Patience(
    tick_s=0.01,
    first_probes_every_s=0.01,
    probe_every_s=0.01,
    first_backoff_s=0.01,
    last_backoff_s=0.02,
    hung_after_s=0.5,
    heal_every_s=0.1,
    stop_grace_s=1.0,
    orphan_grace_s=0.1,
)
FOREVER = "import time; time.sleep(600)"


def python(name: str, code: str, after: tuple[str, ...] = (), **fields) -> Program:
    return Program(name, (sys.executable, "-c", code), after=after, **fields)


def shell(name: str, code: str, **fields) -> Program:
    return Program(name, ("bash", "-c", code), **fields)


@contextlib.contextmanager
def running(home: Path, *programs: Program, patience: Patience = QUICK) -> Iterator[Supervisor]:
    supervisor = Supervisor(programs, home, patience=patience)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join()


def eventually(holds: Callable[[], object], patience_s: float = 30.0) -> None:
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def process(home: Path, name: str) -> ProcessState | None:
    state = State.read(home)
    return next((process for process in state.processes if process.name == name), None) if state else None


def phase(home: Path, name: str) -> str | None:
    found = process(home, name)
    return found.phase if found else None


def pid(home: Path, name: str) -> int:
    eventually(lambda: phase(home, name) == "ready")
    number = process(home, name).pid
    assert number is not None
    return number


def test_a_killed_process_is_started_again(tmp_path):
    with running(tmp_path, python("server", FOREVER)):
        first = pid(tmp_path, "server")
        os.kill(first, signal.SIGKILL)
        eventually(lambda: phase(tmp_path, "server") == "ready" and process(tmp_path, "server").pid != first)
        assert process(tmp_path, "server").restarts == 1


def test_a_killed_process_takes_its_whole_group_with_it(tmp_path):
    child = tmp_path / "child"
    with running(tmp_path, shell("parent", f"sleep 600 & echo $! > {child}.new; mv {child}.new {child}; wait")):
        leader = pid(tmp_path, "parent")
        eventually(child.exists)
        orphan = psutil.Process(int(child.read_text()))
        os.kill(leader, signal.SIGKILL)
        eventually(lambda: not family.is_alive(orphan))


def test_a_killed_process_takes_a_descendant_with_it_that_has_a_session_of_its_own(tmp_path):
    child = tmp_path / "child"
    script = f"setsid bash -c 'echo $$ > {child}.new; mv {child}.new {child}; sleep 600' & wait"
    with running(tmp_path, shell("parent", script)):
        leader = pid(tmp_path, "parent")
        eventually(child.exists)
        orphan = psutil.Process(int(child.read_text()))
        os.kill(leader, signal.SIGKILL)
        eventually(lambda: not family.is_alive(orphan))


def test_a_program_starts_when_what_it_needs_is_ready(tmp_path):
    door = tmp_path / "door"
    first = python("first", FOREVER, probe=lambda: Health.UP if door.exists() else Health.DOWN)
    with running(tmp_path, python("second", FOREVER, after=("first",)), first):
        eventually(lambda: phase(tmp_path, "first") == "starting" and process(tmp_path, "first").pid)
        assert phase(tmp_path, "second") == "waiting"
        door.touch()
        pid(tmp_path, "second")


def test_a_migration_has_to_end_well_before_the_next_program_starts(tmp_path):
    done = tmp_path / "done"
    migrate = python("migrate", f"open({str(done)!r}, 'w').close()", once=True)
    check = python(
        "server", f"import os, time; assert os.path.exists({str(done)!r}); time.sleep(600)", after=("migrate",)
    )
    with running(tmp_path, migrate, check):
        pid(tmp_path, "server")
        assert (phase(tmp_path, "migrate"), process(tmp_path, "server").restarts) == ("done", 0)


def test_a_migration_that_fails_is_tried_again(tmp_path):
    marker = tmp_path / "marker"
    migrate = shell("migrate", f"[ -e {marker} ] || {{ touch {marker}; exit 1; }}", once=True)
    with running(tmp_path, migrate):
        eventually(lambda: phase(tmp_path, "migrate") == "done")
        assert process(tmp_path, "migrate").restarts == 1


def test_a_process_that_does_not_answer_is_started_again(tmp_path):
    answers = threading.Event()
    answers.set()
    program = python("server", FOREVER, probe=lambda: Health.UP if answers.is_set() else Health.DOWN)
    with running(tmp_path, program):
        first = pid(tmp_path, "server")
        answers.clear()
        eventually(lambda: process(tmp_path, "server").restarts >= 1)
        assert "did not answer" in process(tmp_path, "server").problem
        answers.set()
        assert pid(tmp_path, "server") != first


@pytest.mark.slow
def test_a_process_is_left_alone_while_nobody_knows_how_it_is(tmp_path):
    answers = [Health.UP]
    asked = []

    def probe() -> Health:
        asked.append(time.monotonic())
        return answers[0]

    with running(tmp_path, python("server", FOREVER, probe=probe)):
        first = pid(tmp_path, "server")
        answers[0] = Health.UNKNOWN
        start = len(asked)
        eventually(lambda: len(asked) > start + 1 and asked[-1] - asked[start] > 2 * QUICK.hung_after_s)
        assert (process(tmp_path, "server").pid, process(tmp_path, "server").restarts) == (first, 0)


def test_a_crash_loop_is_reported_with_the_last_lines_and_slowed_down(tmp_path):
    crashing = python("broken", "print('no memory left'); raise SystemExit(7)")
    patience = Patience(tick_s=0.01, first_backoff_s=0.01, last_backoff_s=600, orphan_grace_s=0.1)
    with running(tmp_path, crashing, patience=patience):
        eventually(lambda: phase(tmp_path, "broken") == "failed")
        found = process(tmp_path, "broken")
        assert found.restarts == patience.failed_after
        assert "exit code 7" in found.problem
        assert "no memory left" in found.problem


def test_who_is_killed_again_and_again_but_works_in_between_is_not_kept_away(tmp_path):
    patience = Patience(tick_s=0.01, first_backoff_s=0.01, last_backoff_s=600, orphan_grace_s=0.1, settled_s=0.2)
    with running(tmp_path, python("server", FOREVER), patience=patience):
        eventually(lambda: process(tmp_path, "server"))
        for killed in range(patience.failed_after + 2):
            eventually(lambda killed=killed: process(tmp_path, "server").restarts == killed)
            victim = pid(tmp_path, "server")
            time.sleep(2 * patience.settled_s)
            os.kill(victim, signal.SIGKILL)
        eventually(lambda: phase(tmp_path, "server") == "ready")


def test_a_program_that_cannot_be_started_is_reported(tmp_path):
    with running(tmp_path, Program("missing", (str(tmp_path / "nowhere"),))):
        eventually(lambda: phase(tmp_path, "missing") == "failed")
        assert "nowhere" in process(tmp_path, "missing").problem


def test_what_prepares_a_program_runs_before_each_start(tmp_path):
    starts = []
    with running(tmp_path, python("server", FOREVER, prepare=lambda: starts.append(1))):
        os.kill(pid(tmp_path, "server"), signal.SIGKILL)
        eventually(lambda: len(starts) == 2)


def test_stopping_leaves_no_process(tmp_path):
    with running(tmp_path, shell("family", "setsid sleep 600 & sleep 600 & sleep 600"), python("other", FOREVER)):
        pid(tmp_path, "family"), pid(tmp_path, "other")
        eventually(lambda: len(family.marked(tmp_path)) == 5)
    assert family.marked(tmp_path) == []


@pytest.mark.slow
def test_a_process_that_ignores_the_request_to_stop_is_killed(tmp_path):
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w').close(); time.sleep(600)"
    )
    code = f"import os; os.chdir({str(tmp_path)!r}); {deaf}"
    with running(tmp_path, python("deaf", code)):
        eventually((tmp_path / "deaf").exists)
    assert family.marked(tmp_path) == []


def test_programs_stop_before_what_they_need(tmp_path):
    def noting(name: str, after: tuple[str, ...] = ()) -> Program:
        code = (
            "import signal, sys, time\n"
            "def bye(*_):\n"
            f"    open({str(tmp_path / 'order')!r}, 'a').write('{name} '); sys.exit()\n"
            "signal.signal(signal.SIGTERM, bye)\n"
            f"open({str(tmp_path / name)!r}, 'w').close()\n"
            "time.sleep(600)"
        )
        return python(name, code, after)

    with running(tmp_path, noting("database"), noting("server", ("database",)), noting("page", ("server",))):
        eventually(lambda: all((tmp_path / name).exists() for name in ("database", "server", "page")))
    assert (tmp_path / "order").read_text().split() == ["page", "server", "database"]


def test_what_a_process_writes_is_in_its_log_with_the_time(tmp_path):
    with running(tmp_path, python("talker", f"print('hello', flush=True); {FOREVER}")):
        log = log_file(tmp_path, "talker")
        eventually(lambda: log.exists() and "hello" in log.read_text())
        when, text = log.read_text().split()
        assert text == "hello"
        assert time.strptime(when[:19], "%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGQUIT])
def test_a_program_is_stopped_by_the_signal_it_wants(tmp_path, signal_sent):
    code = (
        "import signal, sys, time\n"
        f"signal.signal({int(signal_sent)}, lambda *_: (open({str(tmp_path / 'got')!r}, 'w').close(), sys.exit()))\n"
        f"open({str(tmp_path / 'up')!r}, 'w').close()\n"
        "time.sleep(600)"
    )
    with running(tmp_path, python("server", code, stop_signal=signal_sent)):
        eventually((tmp_path / "up").exists)
    assert (tmp_path / "got").exists()


def test_a_state_file_that_a_full_disk_refuses_ends_no_watcher_and_is_written_later(tmp_path, monkeypatch):
    written, full = State.write, threading.Event()

    def write(state: State, home: Path) -> None:
        if full.is_set():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written(state, home)

    monkeypatch.setattr(State, "write", write)
    with running(tmp_path, python("server", FOREVER)) as supervisor:
        first = pid(tmp_path, "server")
        full.set()
        os.kill(first, signal.SIGKILL)
        eventually(lambda: supervisor.watchers["server"].state.restarts == 1)
        eventually(supervisor.watchers["server"].ready.is_set)
        assert process(tmp_path, "server").pid == first  # on the disk, as it was
        full.clear()
        eventually(lambda: process(tmp_path, "server").pid not in (first, None))
    assert family.marked(tmp_path) == []


@pytest.mark.parametrize("error", [OSError(errno.EIO, os.strerror(errno.EIO)), psutil.AccessDenied(1)])
def test_what_keeps_the_main_thread_from_its_looks_is_told_once_and_ends_nothing(tmp_path, monkeypatch, error):
    look, fails = family.frozen, threading.Event()
    looks = []

    def frozen(home: Path) -> list[psutil.Process]:
        looks.append(home)
        if fails.is_set():
            raise error
        return look(home)

    monkeypatch.setattr(family, "frozen", frozen)
    with running(tmp_path, python("server", FOREVER)), capture_logs() as lines:
        first = pid(tmp_path, "server")
        fails.set()
        n_before = len(looks)
        eventually(lambda: len(looks) > n_before + 2)
        (tmp_path / "supervisor.json").unlink()
        eventually(lambda: process(tmp_path, "server"))
        fails.clear()
        os.kill(first, signal.SIGSTOP)
        eventually(lambda: process(tmp_path, "server").restarts == 1)
    (told,) = [line for line in lines if line["event"] == "upkeep failed"]
    assert (told["duty"], told["exc_info"]) == ("frozen processes", True)


def test_a_state_file_that_cannot_be_read_is_written_anew(tmp_path, monkeypatch):
    read = State.read.__func__
    with running(tmp_path, python("server", FOREVER)):
        pid(tmp_path, "server")
        damaged = (tmp_path / "supervisor.json").stat().st_ino

        def read_or_fail(cls: type[State], home: Path) -> State | None:
            if (home / "supervisor.json").stat().st_ino == damaged:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return read(cls, home)

        monkeypatch.setattr(State, "read", classmethod(read_or_fail))
        eventually(lambda: (tmp_path / "supervisor.json").stat().st_ino != damaged)
        assert phase(tmp_path, "server") == "ready"


def test_a_duty_that_fails_again_after_it_went_well_is_told_again():
    outcomes = iter([1, 1, 0, 1])

    def fail() -> None:
        if next(outcomes):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    upkeep = Upkeep({"look": fail})
    with capture_logs() as lines:
        for _ in range(4):
            upkeep.do()
    assert [line["duty"] for line in lines] == ["look", "look"]


def test_a_log_that_a_full_disk_refuses_keeps_nothing_from_stopping(tmp_path):
    log_file(tmp_path, "talker").parent.mkdir()
    log_file(tmp_path, "talker").symlink_to("/dev/full")
    said = tmp_path / "said"
    talker = python("talker", f"print('hello', flush=True); open({str(said)!r}, 'w').close(); {FOREVER}")
    with running(tmp_path, talker) as supervisor:
        eventually(said.exists)
        supervisor.stop()
        assert supervisor.watchers["talker"].ended.wait(30)


def test_a_start_that_fails_in_a_way_nobody_expected_ends_no_watcher(tmp_path):
    failures = [RuntimeError("nobody expected this")]

    def prepare() -> None:
        if failures:
            raise failures.pop()

    with running(tmp_path, python("server", FOREVER, prepare=prepare)):
        assert pid(tmp_path, "server")
        assert process(tmp_path, "server").restarts == 1
        assert "nobody expected this" in process(tmp_path, "server").problem


def test_a_process_is_left_alone_when_it_cannot_be_asked_how_it_is_and_that_is_told(tmp_path):
    problems = []

    def probe() -> Health:
        if problems:
            raise problems[0]  # as when there is no memory left to start the command that asks
        return Health.UP

    with running(tmp_path, python("server", FOREVER, probe=probe)):
        first = pid(tmp_path, "server")
        problems.append(OSError(errno.ENOMEM, "no memory"))
        eventually(lambda: "no memory" in process(tmp_path, "server").warning)
        problems.clear()
        eventually(lambda: process(tmp_path, "server").warning == "")
        assert (process(tmp_path, "server").pid, process(tmp_path, "server").restarts) == (first, 0)


def test_a_frozen_process_is_replaced(tmp_path):
    with running(tmp_path, python("server", FOREVER)):
        first = pid(tmp_path, "server")
        os.kill(first, signal.SIGSTOP)
        eventually(lambda: process(tmp_path, "server").restarts == 1)
        assert pid(tmp_path, "server") != first


def test_a_frozen_descendant_is_killed_and_its_program_runs_on(tmp_path):
    child = tmp_path / "child"
    script = f"setsid sleep 600 & echo $! > {child}.new; mv {child}.new {child}; sleep 600"
    with running(tmp_path, shell("parent", script)):
        leader = pid(tmp_path, "parent")
        eventually(child.exists)
        frozen = psutil.Process(int(child.read_text()))
        frozen.suspend()
        eventually(lambda: not family.is_alive(frozen))
        assert process(tmp_path, "parent").pid == leader


def test_stopping_does_not_wait_for_what_is_frozen(tmp_path):
    patience = dataclasses.replace(QUICK, stop_grace_s=60.0, heal_every_s=60.0)
    with running(tmp_path, python("server", FOREVER), patience=patience) as supervisor:
        os.kill(pid(tmp_path, "server"), signal.SIGSTOP)
        started = time.monotonic()
        supervisor.stop()
        assert supervisor.watchers["server"].ended.wait(30)
    assert time.monotonic() - started < 30


def test_what_works_in_the_folder_of_a_program_ends_with_it_though_it_has_no_mark(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    child = tmp_path / "child"
    script = f"cd {folder}; env -i setsid sleep 600 & echo $! > {child}.new; mv {child}.new {child}; sleep 600"
    with running(tmp_path, shell("server", script, folder=folder)):
        pid(tmp_path, "server")
        eventually(child.exists)
        backend = psutil.Process(int(child.read_text()))
        eventually(lambda: backend.name() == "sleep")
    assert not family.is_alive(backend)


def test_what_a_program_says_of_itself_is_in_its_state(tmp_path):
    said = ["the disk is full"]
    with running(tmp_path, python("server", FOREVER, probe=lambda: Health.UP, warning=lambda: said[0])):
        eventually(lambda: process(tmp_path, "server") and process(tmp_path, "server").warning == "the disk is full")
        said[0] = ""
        eventually(lambda: process(tmp_path, "server").warning == "")


def test_a_process_is_recognized_after_the_clock_was_set():
    identity = family.identity(os.getpid())
    if not identity:
        pytest.skip("this system does not tell the ticks of a process")
    an_hour_ago = psutil.Process().create_time() - 3600
    assert family.find(os.getpid(), an_hour_ago, identity) == psutil.Process()
    assert family.find(os.getpid(), psutil.Process().create_time(), f"{identity}1") is None
