"""Questions to the database, asked off the event loop: the one place that says that it is unavailable."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from matinee.errors import DependencyUnreachable, StorageError
from matinee.ratings.failures import cause_of
from matinee.settings import Settings

T = TypeVar("T")

FIRST_PATIENCE_S, PATIENCE_S = 3.0, 0.7
"""How long PostgreSQL may take to be connected to when a worker starts, and to answer whoever can do without it."""

AGAIN_S = 1.0
"""How long a database that did not answer in time is left alone by whoever can do without it."""

_THREADS = ThreadPoolExecutor(15, "database")
"""As many as SQLAlchemy opens connections. All may wait for a server that hangs, and nothing else waits for them."""


async def ask_database(question: Callable[[], T]) -> T:
    """The answer to `question`, which runs in a thread.

    Raises:
        DependencyUnreachable: the database is unavailable.
    """
    in_context = partial(copy_context().run, question)
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, in_context)
    except (DBAPIError, NoFreeConnection, sqlite3.Error) as error:  # the last while a file is opened
        raise database_unavailable(cause_of(error)) from error
    except StorageError as error:  # while it is opened on a disk that is full, read-only or faulty
        raise DependencyUnreachable(error.message, error.hint) from error


def database_unavailable(error: BaseException | None) -> DependencyUnreachable:
    """What to raise when the database failed with `error`."""
    return DependencyUnreachable(f"The database is unavailable: {error}.", "Check its disk or its server.")


class DatabasePatience:
    """How long one worker waits for the database where it can do without: a server may hang, a file does not."""

    def __init__(self, settings: Settings) -> None:
        self._is_server = not settings.database.startswith("sqlite")
        self._over_until = 0.0

    async def begin(self, connect: Callable[[], Awaitable[None]]) -> None:
        """Have a server connected to before anybody asks, which takes longer than an answer; not for ever."""
        if self._is_server:
            with suppress(DependencyUnreachable, TimeoutError):
                async with asyncio.timeout(FIRST_PATIENCE_S):
                    await connect()

    @property
    def is_over(self) -> bool:
        """Whether the database did not answer in time a moment ago, and is left alone."""
        return time.monotonic() < self._over_until

    @asynccontextmanager
    async def waiting(self, *, is_quick: bool = True) -> AsyncIterator[None]:
        """A block that asks the database, and is given up when that takes too long.

        Args:
            is_quick: whether a database that answers at all answers this in time; else its time says nothing to others.

        Raises:
            DependencyUnreachable: it took too long, now or a moment ago.
        """
        if self.is_over:
            raise DependencyUnreachable("The database did not answer a moment ago.", "Look at its server.")
        try:
            async with asyncio.timeout(PATIENCE_S if self._is_server else None):
                yield
        except TimeoutError as error:
            if is_quick:
                self._over_until = time.monotonic() + AGAIN_S
            raise DependencyUnreachable("The database did not answer in time.", "Look at its server.") from error
