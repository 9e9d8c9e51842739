"""Start, stop and describe the supervisor of a home."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
import structlog

from matinee import logs as log_lines
from matinee.errors import INSTALL, MatineeError, NotFound, Refused, UsageError
from matinee.local import airflow_files, family, output, ports, state
from matinee.local.programs import environment, programs
from matinee.local.restore import require_none_in_the_middle
from matinee.local.state import State
from matinee.local.supervisor import Supervisor
from matinee.local.watchdog import start_supervisor
from matinee.settings import Settings
from matinee.storage import require_storage

log = structlog.get_logger()

STOP_S = 120.0
"""How long `down` waits for the supervisor to end everything in order."""
SUPERVISORS = 3
"""How many `down` ends at most, one after the other: a watchdog may have started one in the place of one that was
killed or frozen."""
BUSY_S = 30.0
"""How long a command waits for another one that is starting or stopping the same home."""
LEFTOVER_GRACE_S = 5.0
POLL_S = 0.1


@dataclass(frozen=True)
class ProcessStatus:
    """One process, as `matinee status` shows it."""

    name: str
    state: str
    """A `Phase`; `unwatched` when it runs but its supervisor does not."""
    pid: int | None
    address: str
    restarts: int
    uptime_s: float | None
    memory_bytes: int
    """Resident memory of the process and its descendants; pages that they share count for each."""
    problem: str


def start(settings: Settings) -> bool:
    """Start the supervisor in the background; false when the home has one already.

    Raises:
        Refused: a port is taken, the host is not loopback, or another command is at work on the home.
    """
    lock = _lock_unless_running(settings.home)
    if lock is None:
        return False
    with lock:
        _preflight(settings)
        start_supervisor(settings.home, lock, environment(settings))
    return True


def supervise(settings: Settings, lock_descriptor: int | None = None) -> None:
    """Run the supervisor in the foreground until SIGTERM or SIGINT.

    Args:
        settings: the home and its ports.
        lock_descriptor: the home's lock, when whoever starts us holds it and has checked everything.

    Raises:
        Refused: as for `start`, or the home has a supervisor already.
    """
    if lock_descriptor is None:
        lock = _lock_unless_running(settings.home)
        if lock is None:
            raise Refused(f"matinee runs already in {settings.home}.", "See `matinee status`.")
        _preflight(settings)
    else:
        os.set_inheritable(lock_descriptor, False)  # noqa: FBT003 (the signature is Python's)
        lock = os.fdopen(lock_descriptor, "a")
    log_lines.configure(settings.log_level)
    with lock:
        left = State.read(settings.home)  # what somebody has ended in order, or cleared away, has none
        if left:
            log.warning("a supervisor has died, and another one takes over", home=str(settings.home), pid=left.pid)
        supervisor = Supervisor(programs(settings), settings.home, environment(settings), left=left)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stop())
        supervisor.run()
        state.forget(settings.home)


def down(settings: Settings) -> bool:
    """Stop everything that runs in the home, whether its supervisor lives or not; false when nothing did.

    Raises:
        Refused: another command is at work on the home.
    """
    if not settings.home.is_dir():
        return False
    did_run = False
    for _ in range(SUPERVISORS):
        lock = _lock_unless_running(settings.home)
        if lock is not None:
            with lock:
                return _end_leftovers(settings.home) or did_run
        if supervisor := _supervisor(settings.home):
            did_run = True
            _end_supervisor(supervisor)
    raise Refused(f"Somebody started matinee in {settings.home} again.", "Run `matinee down` again.")


def status(settings: Settings) -> list[ProcessStatus]:
    """Every process of the home; empty when it does not run."""
    found = State.read(settings.home)
    if found is None:
        return []
    supervisor = found.supervisor()
    watched = supervisor is not None and not family.is_frozen(supervisor)
    return [_status(process, watched=watched) for process in found.processes]


def require_own_ports(settings: Settings) -> None:
    """See that the settings lead to what runs in the home, and not to whoever else listens there.

    Raises:
        UsageError: it was started with other ports.
    """
    found = State.read(settings.home)
    if found is None or found.supervisor() is None:
        return
    meant = {
        "api": ("MATINEE_API_PORT", settings.api),
        "mlflow": ("MATINEE_MLFLOW_PORT", settings.mlflow),
        "airflow-api-server": ("MATINEE_AIRFLOW_PORT", settings.airflow),
        "ui": ("MATINEE_UI_PORT", settings.ui),
    }
    other = [
        f"{meant[each.name][0]}={each.address.rpartition(':')[2]}"
        for each in found.processes
        if each.name in meant and each.address != meant[each.name][1]
    ]
    if other:
        raise UsageError(
            f"What runs in {settings.home} was started with other ports.",
            f"Set {' '.join(other)}, or run `matinee down` and `matinee up`.",
        )


def logs(settings: Settings, process: str | None = None, *, follow: bool = False) -> Iterator[str]:
    """Log lines of a process, or of all of them in order of time; with `follow`, new ones for ever.

    Raises:
        NotFound: there is no log of such a process, or none at all.
    """
    files = {path.stem: path for path in sorted((settings.home / "logs").glob("*.log"))}
    if not files:
        raise NotFound(f"There are no logs in {settings.home} yet.", "Start matinee with: matinee up.")
    if process is not None and process not in files:
        raise NotFound(f"There is no log of {process}.", f"Processes with a log: {', '.join(files)}.")
    return output.read({process: files[process]} if process else files, follow=follow)


def _lock_unless_running(home: Path) -> IO[str] | None:
    """The home's lock, or nothing when a supervisor has it."""
    deadline = time.monotonic() + BUSY_S
    while (lock := state.take_lock(home)) is None:
        if _supervisor(home):
            return None
        if time.monotonic() > deadline:
            raise Refused(f"Another command is starting or stopping matinee in {home}.", "Wait for it to end.")
        time.sleep(POLL_S)
    return lock


def _supervisor(home: Path) -> psutil.Process | None:
    found = State.read(home)
    return found.supervisor() if found else None


def _end_supervisor(supervisor: psutil.Process) -> None:
    if family.is_frozen(supervisor):
        supervisor.kill()  # it would not notice that it is to stop; whoever takes the lock ends what it leaves
    family.end(lambda: [supervisor] if family.is_alive(supervisor) else [], signal.SIGTERM, STOP_S)


def _preflight(settings: Settings) -> None:
    """Clear away what a killed supervisor left, then see that everything can start."""
    require_none_in_the_middle(settings.home)
    _require_history(settings.home)
    require_storage(settings)
    _end_leftovers(settings.home)
    airflow_files.dags_folder()
    try:
        all_programs = programs(settings)
    except ModuleNotFoundError as error:
        raise MatineeError(f"Part of matinee is not installed: {error}.", INSTALL) from error
    ports.check(settings.host, all_programs)


def _require_history(home: Path) -> None:
    """Refuse a home whose history the containers have in their PostgreSQL: we would begin a second one."""
    if (home / "postgres-17" / "pgdata").is_dir() and not (home / "matinee.db").exists():
        raise Refused(
            f"The containers have the history of {home} in their PostgreSQL.",
            "Give it back while they run: docker compose run --rm databases python -m matinee.containers to-native.",
        )


def _end_leftovers(home: Path) -> bool:
    """End what runs in `home` without a supervisor; the caller holds the lock. False when nothing did."""
    found = State.read(home)
    if state.is_broken(home):
        log.warning("supervisor.json cannot be read, and is taken for what a dead supervisor left", home=str(home))
    leaders = [
        leader
        for p in (found.processes if found else [])
        if p.pid and (leader := family.find(p.pid, p.created, p.identity))
    ]

    def members() -> list[psutil.Process]:
        of_postgres = family.working_in(home / "postgres")
        return [*family.marked(home), *of_postgres, *(leader for leader in leaders if family.is_alive(leader))]

    left = members()
    family.end(members, signal.SIGTERM, LEFTOVER_GRACE_S)
    state.forget(home)
    return bool(left)


def _status(process: state.ProcessState, *, watched: bool) -> ProcessStatus:
    running = family.find(process.pid, process.created, process.identity) if process.pid else None
    phase: str = process.phase
    problem = process.warning or process.problem
    if not watched:
        phase = "unwatched" if running else "stopped"
    elif process.pid and not running:  # the supervisor could not write what has happened since
        phase, problem = "restarting", "It has ended; what its supervisor has written is out of date."
    return ProcessStatus(
        name=process.name,
        state=phase,
        pid=process.pid if running else None,
        address=process.address,
        restarts=process.restarts,
        uptime_s=time.time() - process.started_at if running else None,
        memory_bytes=_memory_bytes(running) if running else 0,
        problem=problem,
    )


def _memory_bytes(process: psutil.Process) -> int:
    total = 0
    for member in (process, *process.children(recursive=True)):
        try:
            total += member.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return total
