"""Ports for servers of a measurement or a test."""

import atexit
import random
import socket
from collections import deque
from contextlib import suppress

PORTS = range(15_000, 32_000)
"""Below those that systems give to outgoing connections, one of which a server that starts later might find taken."""

_promised: deque[socket.socket] = deque()
"""Sockets of the other protocol at the ports that this process was given of late: no other process is given them."""

N_PROMISED = 200
"""Far fewer than the files that a process may have open, and more than are ever given and not used yet."""


@atexit.register
def _release() -> None:
    while _promised:
        _promised.pop().close()


def free_port() -> int:
    """A port of loopback that nobody listens on, and that nobody else who asks here is given before it is used."""
    while True:
        port = random.choice(PORTS)  # noqa: S311  no secret
        promise = socket.socket(type=socket.SOCK_DGRAM)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            promise.bind(("127.0.0.1", port))
            _promised.append(promise)
            if len(_promised) > N_PROMISED:
                _promised.popleft().close()
            return port
        promise.close()
