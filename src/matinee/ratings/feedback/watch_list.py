"""What people want to watch: a list of movies for each of them, which is kept and never learned from.

Each change is a row, and the last one of a movie counts, so that other processes can follow them (`changes`). Erasing a
user covers all that came before (ADR 7); `pruning` removes what counts no more.
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from matinee.ratings.database import SERIAL, Base, WithdrawalRow


class WatchListRow(Base):
    """A movie that somebody put on their watch list, or took off it; never changed."""

    __tablename__ = "watch_lists"
    __table_args__ = (sa.Index("ix_watch_lists_movie", "user_id", "movie_id", "id"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    user_id: Mapped[str]
    movie_id: Mapped[str]
    is_listed: Mapped[bool]
    at: Mapped[datetime]


_LATER = aliased(WatchListRow)
IS_OUTDATED = sa.or_(
    ~WatchListRow.is_listed,
    sa.exists().where(
        _LATER.user_id == WatchListRow.user_id, _LATER.movie_id == WatchListRow.movie_id, _LATER.id > WatchListRow.id
    ),
    sa.exists().where(
        WithdrawalRow.user_id == WatchListRow.user_id,
        WithdrawalRow.movie_id.is_(None),
        WithdrawalRow.withdrawn_at >= WatchListRow.at,
    ),
)
"""Whether a row of `WatchListRow` says nothing of what somebody wants to watch now."""


# Made once: to put a query together takes longer than to answer it.
_LISTED = (
    sa.select(WatchListRow.movie_id, WatchListRow.at)
    .where(WatchListRow.user_id == sa.bindparam("user_id"), ~IS_OUTDATED)
    .order_by(WatchListRow.id.desc())
)


def watch_list_of(session: Session, user_id: str) -> dict[str, datetime]:
    """Movies that a user wants to watch, and since when; the newest first."""
    return dict(session.execute(_LISTED, {"user_id": user_id}).all())


def has_watch_list(session: Session, user_id: str) -> bool:
    """Whether a user wants to watch anything."""
    return bool(watch_list_of(session, user_id))


def change(session: Session, user_id: str, movie_id: str, now: datetime, *, is_listed: bool) -> None:
    """Put a movie on a user's list, or take it off; nothing happens where it is so already."""
    known: Mapping[str, datetime] = watch_list_of(session, user_id)
    if (movie_id in known) != is_listed:
        session.add(WatchListRow(user_id=user_id, movie_id=movie_id, is_listed=is_listed, at=now))
