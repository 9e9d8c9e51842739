"""`python -m matinee.serving`: the API server as a process, or as a parent and its workers."""

import gc
import importlib
import os
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from matinee import logs
from matinee.environment import load_settings
from matinee.errors import MatineeError, Refused
from matinee.home import keep_private
from matinee.serving.workers import shared
from matinee.serving.workers.group import ForkedGroup, WorkerGroup
from matinee.serving.workers.prefork import Parent
from matinee.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Create = Callable[[Settings, WorkerGroup | None], "ASGIApp"]

BACKLOG = 2048
"""Connections that may wait until a worker takes them."""

SHUTDOWN_S = 3
"""How long requests under way may take after SIGTERM."""

SWITCH_INTERVAL_S = 0.001
"""How long another thread may keep the interpreter from the event loop."""

GC_THRESHOLDS = (2_000, 500, 100)
"""When cyclic garbage is looked for: among few new objects at a time, which takes a millisecond, and seldom among those
that stayed, because answers are kept by the thousand and nearly none is in a cycle."""

_FIRST_NEEDED_BY_A_REQUEST = ("alembic.command", "alembic.config", "sqlite3", "sqlalchemy.dialects.sqlite")


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    try:
        settings = load_settings()
        logs.configure(settings.log_level)
        logs.never_wait()
        keep_private(settings.home)
        serve(settings, listen(settings.host, settings.api_port, settings.n_workers))
    except MatineeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def listen(host: str, port: int, n_workers: int = 1) -> list[socket.socket]:
    """Listening sockets on one port, one for each worker where the system can share connections out among them.

    Of one socket the worker that wakes up first would take all connections that come together, and then answer for all
    of them alone. They are asked for before anything is loaded, so that a busy port is said at once.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # Sockets that share a port would also share it with another server's.
        with socket.create_server((host, port), family=family) as alone:
            address = alone.getsockname()
        shares = sys.platform == "linux" and n_workers > 1
        return [
            socket.create_server(address, family=family, backlog=BACKLOG, reuse_port=shares)
            for _ in range(n_workers if shares else 1)
        ]
    except OSError as error:
        raise Refused(
            f"The API server cannot listen on {host}:{port} ({error.strerror}).", "Set MATINEE_API_PORT to a free port."
        ) from error


def serve(settings: Settings, listeners: list[socket.socket], create: "Create | None" = None) -> None:
    """Serve on `listeners`, with as many workers as are set.

    Args:
        settings: of the server.
        listeners: of `listen`. They stay open here while a worker is started again, so nobody who connects is lost.
        create: makes the app of all workers or of one; default is `create_app`.
    """
    # One query uses one core: BLAS threads would only get in each other's way. Read when numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    shared.prepare(settings.home)
    import uvicorn  # noqa: PLC0415

    from matinee.serving.app import create_app  # noqa: PLC0415

    group = ForkedGroup() if settings.n_workers > 1 else None
    config = uvicorn.Config(
        (create or create_app)(settings, group),
        access_log=False,
        log_config=None,
        log_level="warning",
        backlog=BACKLOG,
        timeout_graceful_shutdown=SHUTDOWN_S,
        ws="none",
    )
    # A model that is loaded beside requests gives way to them five times sooner.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(*GC_THRESHOLDS)

    # All that can be done once is done before the fork: it is shared, and a worker starts at once.
    config.load()
    for name in _FIRST_NEEDED_BY_A_REQUEST:
        importlib.import_module(name)
    if group is None:
        gc.freeze()  # a search for garbage need not look at what stays; for workers the parent does it
        uvicorn.Server(config).run(listeners)
        return

    def serve_as_worker(number: int, link: socket.socket) -> None:
        group.connect(number, link)
        mine = listeners[number % len(listeners)]
        for other in listeners:
            if other is not mine:
                other.close()
        uvicorn.Server(config).run([mine])

    Parent(settings.n_workers, serve_as_worker).run()


if __name__ == "__main__":
    sys.exit(main())
