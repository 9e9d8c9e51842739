"""Questions to the database, asked off the event loop: the one place that says that it is unavailable."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from matinee.errors import DependencyUnreachable, StorageError

T = TypeVar("T")


async def ask_database(question: Callable[[], T]) -> T:
    """The answer to `question`, which runs in a thread.

    Raises:
        DependencyUnreachable: the database is unavailable.
    """
    try:
        return await asyncio.to_thread(question)
    except DBAPIError as error:
        raise database_unavailable(error.orig) from error
    except sqlite3.Error as error:  # while the file is opened, which SQLAlchemy does not translate
        raise database_unavailable(error) from error
    except StorageError as error:  # while it is opened on a disk that is full, read-only or faulty
        raise DependencyUnreachable(error.message, error.hint) from error


def database_unavailable(error: BaseException | None) -> DependencyUnreachable:
    """What to raise when the database failed with `error`."""
    return DependencyUnreachable(f"The database is unavailable: {error}.", "Check its disk or its server.")
