"""`python -m matinee.serving`: the API server as a process."""

import os
import socket
import sys

from matinee import logs
from matinee.errors import MatineeError, Refused
from matinee.serving import shared
from matinee.settings import Settings, load_settings

SHUTDOWN_S = 3
"""How long requests under way may take after SIGTERM."""


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    try:
        settings = load_settings()
        logs.configure(settings.log_level)
        _serve(settings, _listen(settings.host, settings.api_port))
    except MatineeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; asked for before anything is loaded, so that a busy port is said at once."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Refused(
            f"The API server cannot listen on {host}:{port} ({error.strerror}).", "Set MATINEE_API_PORT to a free port."
        ) from error


def _serve(settings: Settings, listener: socket.socket) -> None:
    # One query uses one core: BLAS threads would only get in each other's way. Read when numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    shared.prepare(settings.home)
    import uvicorn  # noqa: PLC0415

    from matinee.serving.app import create_app  # noqa: PLC0415

    config = uvicorn.Config(
        create_app(settings),
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    sys.exit(main())
