"""What an error of the database says to its user: of its disk, of its server, or nothing that anybody expects."""

import sqlite3

import sqlalchemy as sa

from matinee.errors import DependencyUnreachable, MatineeError, StorageError

_REFUSED_BY_THE_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


def failure(error: Exception) -> MatineeError | None:
    """What to say of an error of the database that its disk or its server made; None for any other error."""
    cause = cause_of(error)
    if isinstance(cause, sqlite3.Error):
        # The last eight bits are the code; those before them say more of what was done.
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _REFUSED_BY_THE_DISK:
            hint = "Free some space, or correct the owner of MATINEE_HOME."
            return StorageError(f"The database cannot be read or written ({cause}).", hint)
        if code == sqlite3.SQLITE_BUSY:
            return DependencyUnreachable(f"The database is unavailable: {cause}.", "Try again.")
        return None
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return DependencyUnreachable(f"The database is unavailable: {cause}.", "Look at its server, and try again.")
    return None


def cause_of(error: Exception) -> BaseException | None:
    """The driver's own error, which SQLAlchemy wraps where it asks the driver itself."""
    return error.orig if isinstance(error, sa.exc.DBAPIError) else error
