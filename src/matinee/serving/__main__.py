"""`python -m matinee.serving`: the API server as a process, or as a parent and its workers."""

import importlib
import os
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from matinee import logs
from matinee.errors import MatineeError, Refused
from matinee.serving import shared
from matinee.serving.peers import Peers, Siblings
from matinee.serving.prefork import Parent
from matinee.settings import Settings, load_settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Create = Callable[[Settings, Peers | None], "ASGIApp"]

BACKLOG = 2048
"""Connections that may wait until a worker takes them."""

SHUTDOWN_S = 3
"""How long requests under way may take after SIGTERM."""

SWITCH_INTERVAL_S = 0.001
"""How long another thread may keep the interpreter from the one that answers."""

_FIRST_NEEDED_BY_A_REQUEST = ("alembic.command", "alembic.config", "sqlite3", "sqlalchemy.dialects.sqlite")


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    try:
        settings = load_settings()
        logs.configure(settings.log_level)
        serve(settings, listen(settings.host, settings.api_port))
    except MatineeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


class _Listener(socket.socket):
    """A listening socket whose queue stays long, however few connections asyncio is told to take from it at once.

    asyncio has one number for both. But of connections that come together, a worker that takes all it can leaves none
    to the others, and then answers for all of them alone.
    """

    def listen(self, backlog: int = BACKLOG, /) -> None:
        super().listen(max(backlog, BACKLOG))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; asked for before anything is loaded, so that a busy port is said at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return _Listener(fileno=socket.create_server((host, port), family=family, backlog=BACKLOG).detach())
    except OSError as error:
        raise Refused(
            f"The API server cannot listen on {host}:{port} ({error.strerror}).", "Set MATINEE_API_PORT to a free port."
        ) from error


def serve(settings: Settings, listener: socket.socket, create: "Create | None" = None) -> None:
    """Serve on `listener`, with as many workers as are set.

    Args:
        settings: of the server.
        listener: a listening socket; it is closed at the end.
        create: makes the app of all workers or of one; default is `create_app`.
    """
    # One query uses one core: BLAS threads would only get in each other's way. Read when numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    shared.prepare(settings.home)
    import uvicorn  # noqa: PLC0415

    from matinee.serving.app import create_app  # noqa: PLC0415

    siblings = Siblings() if settings.n_workers > 1 else None
    config = uvicorn.Config(
        (create or create_app)(settings, siblings),
        access_log=False,
        log_config=None,
        log_level="warning",
        backlog=1,  # see `_Listener`
        timeout_graceful_shutdown=SHUTDOWN_S,
        ws="none",
    )
    # A model that is loaded beside requests gives way to them five times sooner.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if siblings is None:
        uvicorn.Server(config).run([listener])
        return

    def serve_as_worker(number: int, link: socket.socket) -> None:
        siblings.connect(number, link)
        uvicorn.Server(config).run([listener])

    # All that can be done once is done before the fork: it is shared, and a worker starts at once.
    config.load()
    for name in _FIRST_NEEDED_BY_A_REQUEST:
        importlib.import_module(name)
    Parent(settings.n_workers, serve_as_worker).run()


if __name__ == "__main__":
    sys.exit(main())
