"""People's ratings: written to the database, and read from it, without blocking the event loop."""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import structlog

from matinee.errors import BadData, DependencyUnreachable
from matinee.ratings.feedback.changes import Changes
from matinee.ratings.feedback.store import FeedbackStore, NewRating, Receipt, UserFeedback
from matinee.ratings.feedback.withdrawals import Withdrawn
from matinee.ratings.sources import last_rated_at
from matinee.serving.database import DatabasePatience, ask_database, database_unavailable
from matinee.serving.turn import Turn
from matinee.settings import Settings

log = structlog.get_logger()

T = TypeVar("T")

REMEMBERED = 5_000
"""Events that a worker remembers, of those users who were asked for last: some 1 MB, which do not grow in years."""

NOTHING = UserFeedback()
"""Of somebody who has said nothing, as most who are in the training data."""

UNKNOWN = UserFeedback(withdrawn=Withdrawn(everything_at=datetime.max.replace(tzinfo=UTC)))
"""Of whom the database cannot be asked: as all may have been taken back, nothing that a model has learned counts."""


class Feedback:
    """The feedback store, in threads of its own.

    On SQLite a user's feedback is remembered until the database says that somebody, in whatever process, has said
    something new of that user; PostgreSQL is asked each time. The database is opened when it is first needed, and
    again after a failure, so the server starts without it.

    Every method but `for_list` raises `DependencyUnreachable` when the database does not answer.
    """

    def __init__(self, settings: Settings, patience: DatabasePatience) -> None:
        self._settings, self._patience = settings, patience
        self._is_away = False
        self._can_follow = settings.database.startswith("sqlite")
        self._changes: Changes | None = None
        self._remembered: OrderedDict[str, UserFeedback] = OrderedDict()
        self._n_remembered = 0
        self._n_forgotten = 0
        self._turn = Turn()

    async def add(self, ratings: Sequence[NewRating], idempotency_key: str | None) -> Receipt:
        """See `FeedbackStore.add`."""
        return await self._in_thread(lambda store: store.add(ratings, idempotency_key))

    async def withdraw(self, user_id: str, movie_id: str | None = None, *, is_learned: bool) -> None:
        """See `FeedbackStore.withdraw`; nothing is noted of whom neither model, data set nor database knows."""
        await self._in_thread(
            lambda store: store.withdraw(
                user_id, movie_id, in_data_set=is_learned or last_rated_at(self._settings, user_id) is not None
            )
        )

    async def watch(self, user_id: str, movie_id: str, *, is_listed: bool) -> None:
        """See `FeedbackStore.watch`."""
        await self._in_thread(lambda store: store.watch(user_id, movie_id, is_listed=is_listed))

    async def of_user(self, user_id: str) -> UserFeedback:
        """See `FeedbackStore.feedback_of`; every commit before this call is counted."""
        self._forget_changed()
        remembered = self._remembered.get(user_id)
        if remembered is not None:
            self._remembered.move_to_end(user_id)
            return remembered
        if self._can_follow and self._changes is None:
            await self._follow()
            # Another request may have begun to follow before this one came.
            self._forget_changed()
        if self._changes is not None and not self._follows(self._changes, lambda changes: changes.has_said(user_id)):
            return NOTHING
        n_forgotten = self._n_forgotten
        said = await self._in_thread(lambda store: store.feedback_of(user_id))
        # Of what was forgotten meanwhile, this answer may be older.
        if self._changes is not None and n_forgotten == self._n_forgotten:
            self._remember(user_id, said)
        return said

    async def for_list(self, user_id: str) -> UserFeedback:
        """The same for a list that is better made of nothing than not at all: `UNKNOWN` while the database is away."""
        try:
            if self._can_follow:
                said = await self.of_user(user_id)
            else:
                async with self._patience.waiting():
                    said = await self.of_user(user_id)
        except DependencyUnreachable as error:
            if not self._is_away:
                log.warning("lists_made_without_feedback", reason=str(error))
            self._is_away = True
            return UNKNOWN
        if self._is_away:
            log.info("lists_made_with_feedback_again")
            self._is_away = False
        return said

    async def of_user_until(self, user_id: str, until: datetime | None) -> UserFeedback:
        """What a user had said by a moment; None for now. What was taken back does not count, whenever it was."""
        said = await self.of_user(user_id)
        if until is None or all(rating.received_at <= until for rating in said.ratings):
            return said
        return await self._in_thread(lambda store: store.feedback_of(user_id, until))

    async def users(self, beginning: str, limit: int) -> list[str]:
        """See `FeedbackStore.users`."""
        return await self._in_thread(lambda store: store.users(beginning, limit))

    async def check(self) -> None:
        """Return when the database answers."""
        await self._in_thread(lambda store: store.unclaimed())

    def _forget_changed(self) -> None:
        if self._changes is None or not self._turn.begins():
            return
        changed = self._follows(self._changes, Changes.users)
        if changed:
            self._n_forgotten += 1
            for user_id in changed:
                self._forget(user_id)

    def _follows(self, changes: Changes, read: Callable[[Changes], T]) -> T:
        """What SQLite says at once, on the event loop: a hop to a thread would take a hundred times as long."""
        try:
            return read(changes)
        except sqlite3.Error as error:
            changes.abandon()
            self._changes = None
            self._remembered.clear()
            self._n_remembered = 0
            raise database_unavailable(error) from error

    async def _follow(self) -> None:
        changes = await self._in_thread(lambda store: store.changes())
        if self._changes is None:
            self._changes = changes
        else:  # another request was faster
            changes.abandon()

    def _remember(self, user_id: str, said: UserFeedback) -> None:
        self._forget(user_id)
        self._remembered[user_id] = said
        self._n_remembered += _size(said)
        while self._n_remembered > REMEMBERED and len(self._remembered) > 1:
            self._forget(next(iter(self._remembered)))

    def _forget(self, user_id: str) -> None:
        said = self._remembered.pop(user_id, None)
        self._n_remembered -= 0 if said is None else _size(said)

    async def _in_thread(self, operation: Callable[[FeedbackStore], T]) -> T:
        return await ask_database(lambda: operation(self._opened()))

    def _opened(self) -> FeedbackStore:
        try:
            return FeedbackStore(self._settings)
        except BadData as error:
            # A database that cannot be used is no fault of the request.
            raise DependencyUnreachable(error.message, error.hint) from error


def _size(said: UserFeedback) -> int:
    """Events of a user, as `REMEMBERED` counts them: somebody who said nothing is one too."""
    return 1 + len(said.ratings) + len(said.watch_list) + len(said.withdrawn.movies_at)
