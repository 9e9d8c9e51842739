"""What an error of the database says to its user."""

import sqlite3

import pytest
import sqlalchemy as sa

from matinee.errors import DependencyUnreachable, StorageError
from matinee.ratings.database import engine
from matinee.ratings.failures import failure


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("said by SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("is_wrapped", [True, False])
@pytest.mark.parametrize(
    ("code", "told"),
    [
        (sqlite3.SQLITE_FULL, StorageError),
        (sqlite3.SQLITE_IOERR_WRITE, StorageError),
        (sqlite3.SQLITE_READONLY_DBMOVED, StorageError),
        (sqlite3.SQLITE_CANTOPEN, StorageError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, DependencyUnreachable),
        (sqlite3.SQLITE_ERROR, type(None)),  # such as a table that is not there: nothing that a user can mend
    ],
)
def test_what_sqlite_says_of_its_disk_is_told_apart_from_mistakes(code, told, is_wrapped):
    error = sqlite_error(code)
    raised = sa.exc.OperationalError("SELECT 1", {}, error) if is_wrapped else error
    assert type(failure(raised)) is told


def test_a_server_that_has_gone_is_told_and_a_mistake_is_not(settings):
    gone = sa.exc.OperationalError("SELECT 1", {}, ConnectionError("the server closed the connection"))
    assert isinstance(failure(gone), DependencyUnreachable)
    with engine(settings).connect() as connection, pytest.raises(sa.exc.DBAPIError) as mistaken:
        connection.execute(sa.text("SELECT * FROM nowhere"))
    assert failure(mistaken.value) is None
    assert failure(KeyError("not of a database")) is None
