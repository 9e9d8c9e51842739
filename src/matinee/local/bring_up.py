"""`matinee up`: from nothing to the first learned recommendation."""

import time

from rich.console import Console
from rich.table import Table

from matinee.errors import MatineeError
from matinee.local import first_model
from matinee.local.commands import POLL_S, start
from matinee.local.output import log_file
from matinee.local.state import ProcessState, State
from matinee.settings import Settings

START_S = 300.0
SUPERVISOR_S = 30.0
"""How long the supervisor may take to write its first state."""
SETTLED = ("ready", "done")


def up(settings: Settings, console: Console) -> None:
    """Start what does not run yet; return when the API server answers with a learned model.

    Raises:
        Refused: a port is taken, or another command is at work on the home.
        MatineeError: a process crashes again and again, or the first model could not be made.
    """
    began = time.monotonic()
    if not start(settings):
        console.print(f"matinee runs already in {settings.home}.", highlight=False)
    processes = _wait_until_ready(settings, console, began)
    started_s = time.monotonic() - began
    made = first_model.ensure(settings, console)
    total_s = time.monotonic() - began
    _show_addresses(processes, console)
    first_model.show_recommendation(settings, console)
    model = f", first model after {total_s - started_s:.0f} s more" if made else ""
    console.print(f"Ready after {total_s:.0f} s (processes after {started_s:.0f} s{model}).", highlight=False)


def _wait_until_ready(settings: Settings, console: Console, began: float) -> list[ProcessState]:
    shown: set[str] = set()
    last_seen = began
    with console.status("Starting …") as spinner:
        while time.monotonic() - began < START_S:
            processes = _processes(settings, last_seen)
            last_seen = time.monotonic() if processes else last_seen
            for process in processes:
                _complain_if_failed(process, settings)
                if process.phase in SETTLED and process.name not in shown:
                    shown.add(process.name)
                    console.print(
                        f"  {process.name:<22} {process.phase:<6} {time.monotonic() - began:5.1f} s", highlight=False
                    )
            waiting = [process.name for process in processes if process.phase not in SETTLED]
            if processes and not waiting:
                return processes
            spinner.update(f"Starting {', '.join(waiting)} …")
            time.sleep(POLL_S)
    raise MatineeError(
        f"Not ready after {START_S:.0f} s: {', '.join(waiting)}.",
        f"See `matinee logs`, files in {settings.home / 'logs'}.",
    )


def _processes(settings: Settings, last_seen: float) -> list[ProcessState]:
    """What the supervisor has written; nothing while it has only just been started, at first or again."""
    state = State.read(settings.home)
    if state and state.supervisor():
        return state.processes
    if time.monotonic() - last_seen > SUPERVISOR_S:
        raise MatineeError("The supervisor has ended.", f"See {log_file(settings.home, 'supervisor')}.")
    return []


def _complain_if_failed(process: ProcessState, settings: Settings) -> None:
    if process.phase == "failed":
        tail = " | ".join(process.problem.splitlines()[:1] + process.problem.splitlines()[-3:])
        raise MatineeError(
            f"{process.name} crashed {process.restarts} times: {tail}",
            f"Its log: {log_file(settings.home, process.name)}. Everything else still runs; `matinee down` stops it.",
        )


def _show_addresses(processes: list[ProcessState], console: Console) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for process in processes:
        if process.address:
            table.add_row(process.name, process.address)
    console.print(table)
