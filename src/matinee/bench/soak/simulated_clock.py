"""A clock that several processes share and that one of them moves: eight bytes of a file, mapped by all."""

import mmap
import struct
import time
from datetime import UTC, datetime
from pathlib import Path

_OFFSET = struct.Struct("d")


class SimulatedClock:
    """The wall clock plus an offset in seconds, which stands in a file."""

    def __init__(self, path: Path) -> None:
        """Open the clock at `path`, or make one that tells the time of the wall."""
        if not path.exists():
            path.write_bytes(_OFFSET.pack(0.0))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), _OFFSET.size)

    def now(self) -> datetime:
        """The present of the simulation, in UTC."""
        (offset_s,) = _OFFSET.unpack(self._bytes[:])
        return datetime.fromtimestamp(time.time() + offset_s, UTC)

    def move_to(self, present: datetime) -> None:
        """Have every process that shares the clock go on from `present`."""
        self._bytes[:] = _OFFSET.pack(present.timestamp() - time.time())
