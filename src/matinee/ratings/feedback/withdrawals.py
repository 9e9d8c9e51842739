"""Ratings that people took back: one, or all of a user. They are covered, never removed (ADR 7).

A withdrawal covers the live ratings that were received before it, and the data set's that were given before it. A
rating that is received later counts again, whenever it is said to have been given.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import polars as pl
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from matinee.ratings.database import FeedbackRow, WithdrawalRow
from matinee.ratings.importing.schema import INSTANT, RATINGS
from matinee.ratings.instants import TextOf, instants


def is_withdrawn(row: type[FeedbackRow]) -> sa.ColumnElement[bool]:
    """Whether a row of `FeedbackRow`, or of an alias of it, was taken back.

    Two questions instead of one with an *or* in it, so that the index answers each: who has taken back thousands of
    ratings would wait seconds for a list.
    """
    covers = (WithdrawalRow.user_id == row.user_id) & (row.id <= WithdrawalRow.last_feedback_id)
    of_all = sa.exists().where(covers, WithdrawalRow.movie_id.is_(None))
    return of_all | sa.exists().where(covers, WithdrawalRow.movie_id == row.movie_id)


IS_WITHDRAWN = is_withdrawn(FeedbackRow)
"""Whether a row of `FeedbackRow` was taken back."""


_AGAIN = aliased(FeedbackRow)
_IS_SAID_AGAIN = sa.exists().where(
    _AGAIN.id > FeedbackRow.id,  # what is before a row that was taken back was taken back with it
    _AGAIN.user_id == FeedbackRow.user_id,
    _AGAIN.movie_id == FeedbackRow.movie_id,
    _AGAIN.rated_at == FeedbackRow.rated_at,
    _AGAIN.event == FeedbackRow.event,
    _AGAIN.rating.is_not_distinct_from(FeedbackRow.rating),
    ~is_withdrawn(_AGAIN),
)
"""Whether the same was said once more, and not taken back since."""


_OF_USER = (WithdrawalRow.user_id == FeedbackRow.user_id) & (FeedbackRow.id <= WithdrawalRow.last_feedback_id)
_COVERED_IDS = sa.union_all(
    sa.select(FeedbackRow.id)
    .select_from(WithdrawalRow)
    .outerjoin(FeedbackRow, _OF_USER & (WithdrawalRow.movie_id == FeedbackRow.movie_id)),
    sa.select(FeedbackRow.id)
    .select_from(WithdrawalRow)
    .outerjoin(FeedbackRow, _OF_USER)
    .where(WithdrawalRow.movie_id.is_(None)),
)
"""The rows that `is_withdrawn`, and nulls, found from the withdrawals: far fewer than what people said in years.

The joins are outer ones because SQLite may turn around inner ones, and would look at all that anybody ever said.
"""
_COVERED_EVENTS = sa.select(
    *(TextOf(FeedbackRow.rated_at) if name == "rated_at" else getattr(FeedbackRow, name) for name in RATINGS.names())
)
_COVERED_EVENTS = _COVERED_EVENTS.where(FeedbackRow.id.in_(_COVERED_IDS), ~_IS_SAID_AGAIN)


@dataclass(frozen=True)
class Withdrawn:
    """What a user took back, as far as it covers ratings that are not in the feedback table."""

    everything_at: datetime | None = None
    """When the user was last erased."""
    movies_at: Mapping[str, datetime] = field(default_factory=dict)
    """When the rating of a movie was last taken back."""

    def __bool__(self) -> bool:
        """Whether the user took anything back."""
        return self.everything_at is not None or bool(self.movies_at)

    def covers(self, movie_id: str, rated_at: datetime) -> bool:
        """Whether a rating of the data set does not count any more."""
        times = (self.everything_at, self.movies_at.get(movie_id))
        return any(time is not None and rated_at <= time for time in times)


def withdraw(session: Session, user_id: str, movie_id: str | None, now: datetime) -> None:
    """Take back what a user said of one movie so far, or everything."""
    last = session.scalar(sa.select(sa.func.max(FeedbackRow.id))) or 0
    session.add(WithdrawalRow(user_id=user_id, movie_id=movie_id, last_feedback_id=last, withdrawn_at=now))


def has_said(session: Session, user_id: str, movie_id: str | None) -> bool:
    """Whether a user said something live, of one movie or of any, and has not taken it back."""
    query = sa.exists().where(FeedbackRow.user_id == user_id, ~IS_WITHDRAWN)
    if movie_id is not None:
        query = query.where(FeedbackRow.movie_id == movie_id)
    return bool(session.scalar(sa.select(query)))


_NEWEST_OF_USER = (
    sa.select(WithdrawalRow.movie_id, sa.func.max(WithdrawalRow.withdrawn_at, type_=WithdrawalRow.withdrawn_at.type))
    .where(WithdrawalRow.user_id == sa.bindparam("user_id"))
    .group_by(WithdrawalRow.movie_id)
)


def withdrawn_by(session: Session, user_id: str) -> Withdrawn:
    """What a user took back."""
    times = dict(session.execute(_NEWEST_OF_USER, {"user_id": user_id}).all())
    return Withdrawn(times.pop(None, None), {movie: time for movie, time in times.items() if movie is not None})


def without_withdrawn(database: sa.Engine, ratings: pl.DataFrame) -> pl.DataFrame:
    """The rows of chunks (`chunks.CHUNK` and more columns) that nobody took back, in their order."""
    return scan_without_withdrawn(database, ratings.lazy()).collect()


def scan_without_withdrawn(database: sa.Engine, ratings: pl.LazyFrame) -> pl.LazyFrame:
    """What `without_withdrawn` gives, before it is read."""
    return withdrawals(database).cover(ratings)


_GIVEN = ["user_id", "movie_id", "rated_at"]
_TIMES = pl.Schema({"user_id": pl.String(), "movie_id": pl.String(), "withdrawn_at": INSTANT})


@dataclass(frozen=True)
class Withdrawals:
    """All that was taken back, as far as rows of chunks are concerned; it goes to other processes with them."""

    times: pl.DataFrame
    """When what a user said of a movie, or of any (null), was taken back: `user_id, movie_id, withdrawn_at`."""
    events: pl.DataFrame
    """Live ratings (`RATINGS`) that are covered."""

    @classmethod
    def none(cls) -> "Withdrawals":
        """Nothing was taken back."""
        return cls(_TIMES.to_frame(), RATINGS.to_frame())

    def cover(self, ratings: pl.LazyFrame) -> pl.LazyFrame:
        """The rows (`chunks.CHUNK` and more columns) that nobody took back, in their order."""
        return ratings if self.times.is_empty() else _uncovered(ratings, self.times, self.events)


def _newest(row: type[WithdrawalRow] | type[FeedbackRow], moment: InstrumentedAttribute[datetime]) -> tuple[Any, ...]:
    """Id and moment of the newest row; the moment, because an id is given again once the newest row is pruned."""
    of_newest = (sa.select(column).order_by(row.id.desc()).limit(1) for column in (row.id, moment))
    return tuple(each.scalar_subquery() for each in of_newest)


_STATE = sa.select(
    sa.select(sa.func.count()).select_from(WithdrawalRow).scalar_subquery(),
    *_newest(WithdrawalRow, WithdrawalRow.withdrawn_at),
    *_newest(FeedbackRow, FeedbackRow.received_at),
)
"""What is another one whenever `Withdrawals` are: something was taken back, pruned, or said again."""

_KNOWN: MutableMapping[sa.Engine, tuple[tuple[Any, ...], Withdrawals]] = WeakKeyDictionary()
"""The last that were read of each database, and its state at that time."""


def withdrawals(database: sa.Engine) -> Withdrawals:
    """All that was taken back until now; asked several times by each stage, and read again only when it has changed."""
    with Session(database) as session:
        state = tuple(session.execute(_STATE).one())
        known = _KNOWN.get(database)
        if known is None or known[0] != state:
            known = _KNOWN[database] = state, _read(session)
    return known[1]


def _read(session: Session) -> Withdrawals:
    taken_back = session.execute(
        sa.select(WithdrawalRow.user_id, WithdrawalRow.movie_id, TextOf(WithdrawalRow.withdrawn_at))
    ).all()
    events = session.execute(_COVERED_EVENTS).all() if taken_back else []
    return Withdrawals(_frame(taken_back, _TIMES), _frame(events, RATINGS).unique())


def _uncovered(ratings: pl.LazyFrame, times: pl.DataFrame, events: pl.DataFrame) -> pl.LazyFrame:
    schema = ratings.collect_schema()
    ids = pl.Schema({name: schema[name] for name in ("user_id", "movie_id")})
    of_source, of_live = (pl.lit(origin, schema["origin"]).alias("origin") for origin in ("source", "live"))
    given = ratings.filter(pl.col("origin") == "source").select(_GIVEN)
    taken_back = (
        given.join(newest.lazy().cast(ids).group_by(key).agg(pl.col("withdrawn_at").max()), on=key)
        .filter(pl.col("rated_at") <= pl.col("withdrawn_at"))
        .select(_GIVEN)
        for newest, key in (
            (times.filter(pl.col("movie_id").is_null()), ["user_id"]),
            (times.filter(pl.col("movie_id").is_not_null()), ["user_id", "movie_id"]),
        )
    )
    # What is covered is little. To look for it among all rows costs less than to join all rows with what covers them.
    covered = pl.concat(taken_back).unique().with_columns(of_source)
    said = events.lazy().cast(ids).with_columns(of_live)
    return ratings.join(covered, on=covered.collect_schema().names(), how="anti", maintain_order="left").join(
        said, on=said.collect_schema().names(), how="anti", maintain_order="left", nulls_equal=True
    )


def _frame(rows: Sequence[Sequence[Any]], schema: pl.Schema) -> pl.DataFrame:
    """Rows whose instants are `TextOf` them, column by column."""
    if not rows:
        return schema.to_frame()
    read = {name: pl.String() if dtype == INSTANT else dtype for name, dtype in schema.items()}
    frame = pl.DataFrame(dict(zip(schema, zip(*rows, strict=True), strict=True)), schema=read)
    times = [name for name, dtype in schema.items() if dtype == INSTANT]
    return frame.with_columns(instants(name) for name in times).cast(schema)
