"""What the doctor finds, remembered for a while: looking costs about a second, and anybody may ask."""

import asyncio
import time
from datetime import UTC, datetime

from matinee.clients.schemas.findings import Findings
from matinee.doctor.examine import examine_running
from matinee.settings import Settings

FRESH_S = 20.0
"""How long findings are told again."""


class RecentFindings:
    """The findings of one worker; whoever asks while it looks gets what it finds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._looking = asyncio.Lock()
        self._found: Findings | None = None
        self._looked_at = 0.0

    async def newest(self) -> Findings:
        """What is well and what is not."""
        async with self._looking:
            if self._found is None or time.monotonic() - self._looked_at > FRESH_S:
                found = await asyncio.to_thread(examine_running, self._settings)
                self._found = Findings(findings=tuple(found), examined_at=datetime.now(UTC))
                self._looked_at = time.monotonic()
            return self._found
