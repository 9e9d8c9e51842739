"""Who changed what in the catalogue by hand, and when: rows that are never changed; of each movie the last one counts.

A number that every process can ask for tells whether anything has changed; with one writer at a time, numbers rise in
the order of the commits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from matinee import clock
from matinee.catalogue.changes import ChangedMovie, MovieStatus
from matinee.ratings.database import Base, claiming, engine
from matinee.settings import Settings

Change = Literal["added", "changed", "hidden", "shown", "retired"]


class MovieChangeRow(Base):
    """What somebody changed: a movie as it is from then on. Never changed."""

    __tablename__ = "movie_changes"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    movie_id: Mapped[str]
    title: Mapped[str]
    year: Mapped[int | None]
    genres: Mapped[list[str]] = mapped_column(sa.JSON)
    status: Mapped[str]
    what: Mapped[str]
    who: Mapped[str]
    at: Mapped[datetime]


@dataclass(frozen=True)
class MovieChange:
    """One line of the history of the catalogue."""

    number: int
    what: Change
    movie: ChangedMovie
    who: str
    at: datetime


class MovieChanges:
    """The changes of one home, in its database."""

    def __init__(self, settings: Settings) -> None:
        self._database = engine(settings)

    @property
    def database(self) -> sa.Engine:
        """The database that holds them."""
        return self._database

    def record(self, what: Change, movie: ChangedMovie, who: str) -> None:
        """Append a change; durable when this returns."""
        self.record_all([(what, movie)], who)

    def record_all(self, changes: Iterable[tuple[Change, ChangedMovie]], who: str) -> None:
        """Append changes, all or none of them; durable when this returns."""
        rows = [
            MovieChangeRow(
                movie_id=movie.movie_id,
                title=movie.title,
                year=movie.year,
                genres=list(movie.genres),
                status=movie.status,
                what=what,
                who=who,
                at=clock.now(),
            )
            for what, movie in changes
        ]
        with claiming(self._database) as session:
            session.add_all(rows)

    def newest(self) -> int:
        """Number of the newest change; 0 before the first."""
        with Session(self._database) as session:
            return session.scalar(sa.select(sa.func.max(MovieChangeRow.id))) or 0

    def history(self) -> list[MovieChange]:
        """Everything that was changed, oldest first."""
        with Session(self._database) as session:
            return [_change(row) for row in session.scalars(sa.select(MovieChangeRow).order_by(MovieChangeRow.id))]

    def movies(self) -> dict[str, ChangedMovie]:
        """What counts, by id."""
        return {each.movie.movie_id: each.movie for each in self.history()}


def _change(row: MovieChangeRow) -> MovieChange:
    status: MovieStatus = next(each for each in get_args(MovieStatus) if each == row.status)
    what: Change = next(each for each in get_args(Change) if each == row.what)
    movie = ChangedMovie(row.movie_id, row.title, row.year, tuple(row.genres), status)
    return MovieChange(row.id, what, movie, row.who, row.at)
