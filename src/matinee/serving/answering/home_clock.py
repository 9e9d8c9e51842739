"""What time it is in this home: that of the wall, or, while old data is replayed, that of the data.

A replay takes one period after another as if it had just ended. So its time is the end of the newest chunk plus the
time since that was taken.
"""

import time

import structlog

from matinee import clock
from matinee.errors import MatineeError
from matinee.ratings.ledger.home_time import home_time
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.serving.database import DatabasePatience, ask_database
from matinee.settings import Settings

log = structlog.get_logger()

READ_INTERVAL_S = 60.0
"""How often the ledger is asked for its newest chunk."""

RESOLUTION_S = 3600
"""Lists are made for the hour: within it the same request gets the same answer, which may be kept."""


class HomeClock:
    """The time of one home."""

    def __init__(self, settings: Settings, patience: DatabasePatience) -> None:
        self._settings, self._patience = settings, patience
        self._ahead_s: float | None = None
        self._read_at = float("-inf")

    async def hour(self) -> float | None:
        """Beginning of this hour, in seconds since 1970 (UTC); None before the first chunk."""
        if time.monotonic() - self._read_at > READ_INTERVAL_S:
            self._read_at = time.monotonic()
            await self._read()
        return self.known_hour()

    def known_hour(self) -> float | None:
        """The same of what was read last, without asking the database: a swap must not need it."""
        if self._ahead_s is None:
            return None
        return (clock.now().timestamp() + self._ahead_s) // RESOLUTION_S * RESOLUTION_S

    async def _read(self) -> None:
        try:
            async with self._patience.waiting():
                self._ahead_s = await ask_database(self._newest_ahead_s)
        except (MatineeError, OSError) as error:
            log.warning("home_clock_not_read", reason=str(error))

    def _newest_ahead_s(self) -> float | None:
        """How far this home's time is ahead of the wall's: below 0 for a replay, 0 where data is live."""
        found = home_time(ChunkLedger(self._settings).newest_closed())
        return None if found is None else (found - clock.now()).total_seconds()
