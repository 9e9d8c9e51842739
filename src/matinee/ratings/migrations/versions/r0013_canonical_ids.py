"""What was said live under ids that are in another form than ids have since: with spaces, not in NFC, whole floats.

Rows are never changed, and chunks and models have learned the ids as they were. So what counts is said once more under
the canonical ids, with its times, for the next chunk to take up, and taken back under the old ones. Where the canonical
user has said or taken back something about it later, that was the last word and stays.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from matinee import clock
from matinee.ratings.fields import canonical_id
from matinee.ratings.instants import UtcDateTime

revision = "0013"
down_revision = "0012"

_FEEDBACK = sa.table(
    "feedback",
    sa.column("id", sa.BigInteger),
    sa.column("user_id", sa.String),
    sa.column("movie_id", sa.String),
    sa.column("event", sa.String),
    sa.column("rating", sa.Double),
    sa.column("rated_at", UtcDateTime),
    sa.column("received_at", UtcDateTime),
)
_WITHDRAWALS = sa.table(
    "withdrawals",
    sa.column("user_id", sa.String),
    sa.column("movie_id", sa.String),
    sa.column("last_feedback_id", sa.BigInteger),
    sa.column("withdrawn_at", UtcDateTime),
)
_SAID = ("user_id", "movie_id", "event", "rated_at")
"""What two rows have in common that are about the same; the later one is the last word."""


def upgrade() -> None:
    """Say again what counts; nothing happens where every id is canonical."""
    database = op.get_bind()
    users, movies = (_renamed(database, name) for name in ("user_id", "movie_id"))
    if not users and not movies:
        return
    rows = [row for row in _rows(database) if row["user_id"] in users or row["movie_id"] in movies]
    said = {tuple(row[name] for name in _SAID): row["id"] for row in rows if _is_canonical(row)}
    taken_back = list(_withdrawals(database, {canonical_id(row["user_id"]) for row in rows}))
    again: dict[tuple[Any, ...], dict[str, Any]] = {}
    old: dict[tuple[str, str], None] = {}
    for row in (row for row in rows if not _is_canonical(row)):
        canonical = {**row, "user_id": canonical_id(row["user_id"]), "movie_id": canonical_id(row["movie_id"])}
        about = tuple(canonical[name] for name in _SAID)
        old[row["user_id"], row["movie_id"]] = None
        if said.get(about, 0) < row["id"] and not _is_taken_back(row, taken_back):
            again[about] = {name: value for name, value in canonical.items() if name != "id"}
    _withdraw(database, old)
    if again:
        database.execute(sa.insert(_FEEDBACK), list(again.values()))


def downgrade() -> None:
    """Nothing: what was said again is right under either version."""


def _renamed(database: sa.Connection, name: str) -> set[str]:
    """Ids that are not canonical, and what they are in the canonical form."""
    found = database.scalars(sa.select(_FEEDBACK.c[name]).distinct())
    return {form for each in found if (canonical := canonical_id(each)) != each for form in (each, canonical)}


def _rows(database: sa.Connection) -> Iterator[dict[str, Any]]:
    """All that was said, in order of its numbers."""
    for row in database.execute(sa.select(_FEEDBACK).order_by(_FEEDBACK.c.id)).mappings():
        yield dict(row)


def _is_canonical(row: dict[str, Any]) -> bool:
    return all(canonical_id(row[name]) == row[name] for name in ("user_id", "movie_id"))


def _withdrawals(database: sa.Connection, users: set[str]) -> Iterator[tuple[str, str | None, int]]:
    """Whose what was taken back, in canonical ids, and up to which number."""
    columns = (_WITHDRAWALS.c.user_id, _WITHDRAWALS.c.movie_id, _WITHDRAWALS.c.last_feedback_id)
    for user_id, movie_id, last in database.execute(sa.select(*columns)):
        if canonical_id(user_id) in users:
            yield canonical_id(user_id), movie_id and canonical_id(movie_id), last


def _is_taken_back(row: dict[str, Any], taken_back: list[tuple[str, str | None, int]]) -> bool:
    user_id, movie_id = canonical_id(row["user_id"]), canonical_id(row["movie_id"])
    return any(user == user_id and movie in (None, movie_id) and row["id"] <= last for user, movie, last in taken_back)


def _withdraw(database: sa.Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Take back all that was said under old ids, of which chunks may hold more."""
    last = database.scalar(sa.select(sa.func.max(_FEEDBACK.c.id)))
    common = {"last_feedback_id": last, "withdrawn_at": clock.now()}
    rows = [{"user_id": user_id, "movie_id": movie_id, **common} for user_id, movie_id in pairs]
    database.execute(sa.insert(_WITHDRAWALS), rows)
