"""Ports for servers of a measurement or a test."""

import random
import socket
from contextlib import suppress

PORTS = range(15_000, 32_000)
"""Below those that systems give to outgoing connections, one of which a server that starts later might find taken."""


def free_port() -> int:
    """A port of loopback that nobody listened on a moment ago."""
    while True:
        port = random.choice(PORTS)  # noqa: S311  no secret
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
