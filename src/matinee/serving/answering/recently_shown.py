"""What was shown to whom, as the next list needs it: written to the database within a second, beside the requests.

A list that was asked for without what was shown lately is written before it is answered, so that the next one never
repeats it, whichever worker or replica is asked; of other lists those of the last second are lost when a process is
killed. The same list of the same user is written once an hour, and the lists of one user in one second as one.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from matinee import clock
from matinee.errors import BadData, DependencyUnreachable
from matinee.ratings.feedback.shown import ShownList, ShownLists
from matinee.serving.database import ask_database
from matinee.serving.prometheus import Metrics
from matinee.settings import Settings

log = structlog.get_logger()

INTERVAL_S = 1.0
BOUND = 20_000
"""Users whose lists wait in memory at most, when the database does not answer, and of whom the last one is known."""
AGAIN = timedelta(hours=1)


class RecentlyShown:
    """What was shown, of one worker; ask it, and it answers for all."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._waiting: OrderedDict[str, ShownList] = OrderedDict()
        self._last: OrderedDict[str, ShownList] = OrderedDict()

    def note(self, user_id: str, movie_ids: Sequence[str]) -> None:
        """Remember a list until it is written; costs about a microsecond."""
        if self._settings.impressions_s and movie_ids:
            self._note(user_id, movie_ids)

    async def note_now(self, user_ids: Sequence[str], movie_ids: Sequence[str]) -> None:
        """Have a list written.

        Raises:
            DependencyUnreachable: the database does not answer.
        """
        for user_id in user_ids:
            self._note(user_id, movie_ids)
        await self._write()

    async def ignored(self, user_id: str, days: int, until: datetime) -> set[str]:
        """See `ShownLists.ignored`; of the last so many days before `until`.

        Raises:
            DependencyUnreachable: the database does not answer.
        """
        await self._write()
        return await ask_database(lambda: self._opened().ignored(user_id, until - timedelta(days=days), until))

    async def forget(self, user_id: str) -> None:
        """Remove what was shown to a user.

        Raises:
            DependencyUnreachable: the database does not answer.
        """
        self._last.pop(user_id, None)
        self._waiting.pop(user_id, None)
        await ask_database(lambda: self._opened().forget(user_id))

    async def run(self) -> None:
        """Write once a second, until cancelled; what is left then is for `flush`."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits; after a failure it goes on waiting."""
        try:
            await self._write()
        except DependencyUnreachable as error:
            log.warning("shown_lists_not_written", lists=len(self._waiting), reason=str(error))
            self._metrics.health.report("shown lists", f"What is shown cannot be noted: {error}")
        else:
            self._metrics.health.report("shown lists", None)

    def _note(self, user_id: str, movie_ids: Sequence[str]) -> None:
        last, now = self._last.get(user_id), clock.now()
        if last is not None and last.movie_ids == movie_ids and now - last.shown_at < AGAIN:
            return
        shown = ShownList(user_id, movie_ids, now)
        self._wait(shown)
        self._last[user_id] = shown
        self._last.move_to_end(user_id)
        self._forget_two(now)

    def _forget_two(self, now: datetime) -> None:
        """For each list that is noted, up to two go of those that are not compared any more, or are too many."""
        for _ in range(2):
            oldest = next(iter(self._last.values()))
            if now - oldest.shown_at >= AGAIN or len(self._last) > BOUND:
                del self._last[oldest.user_id]

    def _wait(self, shown: ShownList) -> None:
        """Have a list wait, as one with what already waits of its user."""
        earlier = self._waiting.get(shown.user_id)
        if earlier is not None:
            shown = replace(shown, movie_ids=tuple(dict.fromkeys((*earlier.movie_ids, *shown.movie_ids))))
        self._waiting[shown.user_id] = shown
        if len(self._waiting) > BOUND:
            self._waiting.popitem(last=False)

    async def _write(self) -> None:
        taken, self._waiting = self._waiting, OrderedDict()
        if not taken:
            return
        try:
            await ask_database(lambda: self._opened().add(list(taken.values())))
        except DependencyUnreachable:
            newer, self._waiting = self._waiting, taken
            for each in newer.values():
                self._wait(each)
            raise

    def _opened(self) -> ShownLists:
        try:
            return ShownLists(self._settings)
        except BadData as error:
            # A database that cannot be used is no fault of the request.
            raise DependencyUnreachable(error.message, error.hint) from error
