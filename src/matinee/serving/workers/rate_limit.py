"""How many writes one client may send, counted by all workers of a server together."""

import fcntl
import os
import struct
import time
import weakref
import zlib
from pathlib import Path

from matinee.serving.workers import shared

WINDOW_S = 60.0
SLOTS = 1 << 16
"""Clients that are told apart; of more, some share what they may send."""

_TIME = struct.Struct("d")


class RateLimit:
    """At most so many requests of a client in any minute, at once or spread (generic cell rate algorithm, ITU-T I.371).

    All that is kept of a client is the moment from which its whole allowance is free again, in a file that the workers
    map.
    """

    def __init__(self, path: Path, per_minute: int) -> None:
        """Share the file `path`; `per_minute` 0 for no limit."""
        self._interval_s = WINDOW_S / per_minute if per_minute else 0.0
        self._slots = shared.mapped(path, SLOTS * _TIME.size)
        # Of a file that is not there nobody else counts anything, and any other file will do to be locked.
        self._file = os.open(path if path.exists() else os.devnull, os.O_RDWR)
        weakref.finalize(self, os.close, self._file)

    def wait_s(self, client: str) -> float:
        """0 for a request that is admitted, and counted; else how long the client has to wait."""
        if not self._interval_s:
            return 0.0
        place = zlib.crc32(client.encode()) % SLOTS * _TIME.size
        # A lock of the process: workers that were forked from one share its open file.
        fcntl.lockf(self._file, fcntl.LOCK_EX, _TIME.size, place)
        try:
            now = time.time()
            # After a clock was set back, nobody waits for the time it showed before.
            free_at: float = min(max(_TIME.unpack_from(self._slots, place)[0], now), now + WINDOW_S)
            wait = free_at + self._interval_s - (now + WINDOW_S)
            if wait > 0:
                return wait
            _TIME.pack_into(self._slots, place, free_at + self._interval_s)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _TIME.size, place)
        return 0.0
