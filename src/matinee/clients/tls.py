"""The certificates of authorities, read once in a process.

httpx reads them for each of its clients, even for one that asks `http://` alone: 50 ms each time.
"""

import ssl
from functools import cache

import httpx


@cache
def authorities() -> ssl.SSLContext:
    """What the server of an `https://` address is verified against: the `verify` of all clients."""
    return httpx.create_ssl_context()
