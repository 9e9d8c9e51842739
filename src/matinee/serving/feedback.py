"""People's ratings, asked for without blocking the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from matinee.errors import BadData, DependencyUnreachable
from matinee.ratings.feedback import FeedbackStore, NewRating, Receipt, StoredRating
from matinee.settings import Settings

T = TypeVar("T")


class Feedback:
    """The feedback store, in threads of its own.

    The database is opened when it is first needed, and again after a failure, so the server starts without it.
    Every method raises `DependencyUnreachable` when the database does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def add(self, ratings: Sequence[NewRating], idempotency_key: str | None) -> Receipt:
        """See `FeedbackStore.add`."""
        return await self._ask(lambda store: store.add(ratings, idempotency_key))

    async def of_user(self, user_id: str) -> list[StoredRating]:
        """See `FeedbackStore.of_user`."""
        return await self._ask(lambda store: store.of_user(user_id))

    async def check(self) -> None:
        """Return when the database answers."""
        await self._ask(lambda store: store.unclaimed())

    async def _ask(self, question: Callable[[FeedbackStore], T]) -> T:
        try:
            return await asyncio.to_thread(lambda: question(self._opened()))
        except DBAPIError as error:
            raise DependencyUnreachable(
                f"The database does not do its work: {error.orig}.", "Check its disk or its server."
            ) from error

    def _opened(self) -> FeedbackStore:
        try:
            return FeedbackStore(self._settings)
        except BadData as error:
            # A database that cannot be used is no fault of the request.
            raise DependencyUnreachable(error.message, error.hint) from error
