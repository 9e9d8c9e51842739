"""Which movies were shown to whom lately, for lists that are not to show them again.

The files of impressions are for analysis, and each worker writes its own after a while. What decides about the next
list is here, in the database that all workers and replicas share: a row for each list of a user.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee.ratings.database import FeedbackRow, ShownListRow, engine, writing
from matinee.settings import Settings


@dataclass(frozen=True)
class ShownList:
    """A list that was answered to a user."""

    user_id: str
    movie_ids: Sequence[str]
    shown_at: datetime


class ShownLists:
    """The lists of the last days, in the database that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._database = engine(settings)

    def add(self, lists: Sequence[ShownList]) -> None:
        """Keep lists; they are on the disk when this returns."""
        rows = [
            {"user_id": each.user_id, "movie_ids": list(each.movie_ids), "shown_at": each.shown_at} for each in lists
        ]
        with writing(self._database) as session:
            session.execute(sa.insert(ShownListRow), rows)

    def ignored(self, user_id: str, since: datetime, until: datetime) -> set[str]:
        """Movies that were shown to a user from `since` to `until`, and of which nothing was heard from then on.

        A click is any event of the user about the movie (`POST /v1/events`, `POST /v1/ratings`) received since the
        beginning of that time, but for `view`, which says that it was shown elsewhere.
        """
        shown = sa.select(ShownListRow.movie_ids).where(
            ShownListRow.user_id == user_id, ShownListRow.shown_at >= since, ShownListRow.shown_at <= until
        )
        heard = sa.select(FeedbackRow.movie_id).where(
            FeedbackRow.user_id == user_id, FeedbackRow.received_at >= since, FeedbackRow.received_at <= until
        )
        is_view = FeedbackRow.event == "view"
        with Session(self._database) as session:
            movie_ids = {movie_id for each in session.scalars(shown) for movie_id in each}
            viewed = session.scalars(heard.where(is_view))
            return (movie_ids | set(viewed)) - set(session.scalars(heard.where(~is_view)))

    def forget(self, user_id: str) -> None:
        """Remove what was shown to a user."""
        with writing(self._database) as session:
            session.execute(sa.delete(ShownListRow).where(ShownListRow.user_id == user_id))
