"""Who has said something since one last asked: what makes it safe to remember feedback in a process."""

import sqlalchemy as sa

_TABLES = ("feedback", "withdrawals", "watch_lists")
_NEWEST = f"SELECT {', '.join(f'(SELECT coalesce(max(id), 0) FROM {table})' for table in _TABLES)}"  # noqa: S608
_SINCE = " UNION ".join(f"SELECT user_id FROM {table} WHERE id > ?" for table in _TABLES)  # noqa: S608  our own names
_SPEAKERS = f"{' UNION '.join(f'SELECT user_id FROM {table}' for table in _TABLES)} LIMIT ?"  # noqa: S608
_HAS_SAID = f"SELECT {' OR '.join(f'EXISTS(SELECT 1 FROM {table} WHERE user_id = ?)' for table in _TABLES)}"  # noqa: S608


KNOWN_BY_NAME = 50_000
"""Users who have said something, up to which all are remembered; of more, the database is asked."""


class Changes:
    """Follows an SQLite database through its `data_version`, which every commit of every process moves.

    The tables only grow, and with one writer at a time their numbers rise in the order of the commits. On PostgreSQL
    they do not, so there is no such shortcut there.
    """

    def __init__(self, database: sa.Engine) -> None:
        """Begin to follow; what was committed before is no change."""
        # A connection of its own: a connection's data version does not tell of its own commits.
        self._pooled = database.raw_connection()
        self._connection = self._pooled.cursor()
        self._version = self._data_version()
        self._newest: tuple[int, ...] = self._connection.execute(_NEWEST).fetchone()
        # After the moment that changes are counted from, so that none is between.
        self._speakers = {user_id for (user_id,) in self._connection.execute(_SPEAKERS, (KNOWN_BY_NAME + 1,))}

    def users(self) -> list[str]:
        """Users of whom something was committed since the last call."""
        version = self._data_version()
        if version == self._version:
            return []
        newest: tuple[int, ...] = self._connection.execute(_NEWEST).fetchone()
        users = (
            [user_id for (user_id,) in self._connection.execute(_SINCE, self._newest)] if newest != self._newest else []
        )
        self._version, self._newest = version, newest
        if len(self._speakers) <= KNOWN_BY_NAME:
            self._speakers.update(users)
        return users

    def has_said(self, user_id: str) -> bool:
        """Whether a user has ever said or taken back anything, as of the last call of `users`."""
        if len(self._speakers) <= KNOWN_BY_NAME:
            return user_id in self._speakers
        return bool(self._connection.execute(_HAS_SAID, [user_id] * len(_TABLES)).fetchone()[0])

    def abandon(self) -> None:
        """Close the connection."""
        self._pooled.invalidate()

    def _data_version(self) -> int:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version
