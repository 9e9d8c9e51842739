"""What people rate: events that are on the disk before they are acknowledged, and are never changed."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from sys import intern
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matinee import clock
from matinee.errors import BadData, Refused, UsageError
from matinee.ranking.events import SAID
from matinee.ratings.database import FeedbackRow, IdempotencyRow, WithdrawalRow, engine, writing
from matinee.ratings.events import counts, event_weights, stands_for, weight_of, wrong_value
from matinee.ratings.feedback.changes import Changes
from matinee.ratings.feedback.watch_list import change, has_watch_list, watch_list_of
from matinee.ratings.feedback.withdrawals import IS_WITHDRAWN, Withdrawn, has_said, withdraw, withdrawn_by
from matinee.ratings.fields import EARLIEST, LONGEST_ID, in_utc, is_printable, is_valid_id, latest_time
from matinee.ratings.scale import Scale
from matinee.ratings.sources import scale_of
from matinee.settings import Settings


@dataclass(frozen=True)
class NewRating:
    """A rating, or another event, as somebody gives it; `rated_at` is now when not given, UTC when it has no zone."""

    user_id: str
    movie_id: str
    rating: float | None
    """Value of the event; None where it has none."""
    rated_at: datetime | None = None
    event: str = "rating"


@dataclass(frozen=True, slots=True)
class StoredRating:
    """A rating, or another event, as it is kept; `chunk_id` is the chunk that took it up, None while it waits."""

    user_id: str
    movie_id: str
    rating: float | None
    """Value of the event; None where it has none."""
    rated_at: datetime
    received_at: datetime
    chunk_id: int | None
    event: str = "rating"
    weight: float = 1.0
    """How much it counts where it is liked."""

    @property
    def stands_for(self) -> float:
        """The rating that it is learned as."""
        return stands_for(self.event, self.rating, self.weight)


@dataclass(frozen=True)
class UserFeedback:
    """All that a user said and took back."""

    ratings: list[StoredRating] = field(default_factory=list)
    """What counts of each movie, newest first, without what was taken back: what was said, else what was done."""
    watch_list: Mapping[str, datetime] = field(default_factory=dict)
    """Movies that the user wants to watch, and since when; the newest first."""
    withdrawn: Withdrawn = field(default_factory=Withdrawn)
    """What does not count any more of the data set, and of models that have learned from it."""


@dataclass(frozen=True)
class Receipt:
    """Acknowledgement: of `accepted` ratings, `stored` are new and the others were already there."""

    accepted: int
    stored: int
    received_at: datetime


# Made once: to put a query together takes longer than to answer it.
_OF_USER = sa.select(*FeedbackRow.__table__.columns).where(FeedbackRow.user_id == sa.bindparam("user_id"))
_OF_USER = _OF_USER.where(~IS_WITHDRAWN).order_by(FeedbackRow.rated_at.desc(), FeedbackRow.id.desc())


class FeedbackStore:
    """The ratings and other events that people gave this recommender, in the database that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = engine(settings)

    def add(self, ratings: Sequence[NewRating], idempotency_key: str | None = None) -> Receipt:
        """Store ratings, all or none; they are on the disk when this returns.

        A repeated request stores nothing twice: with the same key it gets the same receipt, and without a key
        a rating that repeats the last one of its user, movie and time is recognized. So of 5, 2 and 5 stars with
        one time all are stored, and the last word counts.

        Raises:
            BadData: a rating that cannot be meant; nothing was stored.
            Refused: the key was used for other ratings; nothing was stored.
            UsageError: no rating at all, or a key that is empty or too long.
        """
        if not ratings:
            raise UsageError("There is no rating to store.", "Send at least one.")
        now = clock.now()
        scale = scale_of(self._settings)
        events = [_event(rating, now, scale) for rating in ratings]
        with writing(self._database) as session:
            if idempotency_key is None:
                return _insert(session, events, now)
            return _insert_once(session, events, now, _valid_key(idempotency_key), _request_digest(ratings))

    def withdraw(self, user_id: str, movie_id: str | None = None, *, in_data_set: bool = True) -> None:
        """Take back what a user said of one movie, or everything; nothing of it counts when this returns.

        Whoever has said nothing has nothing to take back, so this may be asked again and again.

        Args:
            user_id: the user.
            movie_id: the movie; default is all.
            in_data_set: whether a data set may have ratings of the user. If not, and nothing is left of what was said
                live, nothing is noted.

        Raises:
            BadData: an id that is none.
        """
        _require_id("user_id", user_id)
        if movie_id is not None:
            _require_id("movie_id", movie_id)
        with writing(self._database) as session:
            wants = movie_id is None and has_watch_list(session, user_id)
            if in_data_set or wants or has_said(session, user_id, movie_id):
                withdraw(session, user_id, movie_id, clock.now())

    def newest_withdrawal(self) -> int:
        """A number that rises with each withdrawal; 0 before the first."""
        with Session(self._database) as session:
            return session.scalar(sa.select(sa.func.max(WithdrawalRow.id))) or 0

    def newest_erasure(self) -> int:
        """Number, as of `newest_withdrawal`, of the newest withdrawal of all that a user said; 0 before the first."""
        with Session(self._database) as session:
            whole = sa.select(sa.func.max(WithdrawalRow.id)).where(WithdrawalRow.movie_id.is_(None))
            return session.scalar(whole) or 0

    def of_user(self, user_id: str) -> list[StoredRating]:
        """A user's ratings, newest first; of several for one movie the newest one counts."""
        return self.feedback_of(user_id).ratings

    def feedback_of(self, user_id: str, until: datetime | None = None) -> UserFeedback:
        """What a user said and took back; with `until`, without what was received later."""
        query = _OF_USER if until is None else _OF_USER.where(FeedbackRow.received_at <= until)
        with Session(self._database) as session:
            rows = session.execute(query, {"user_id": user_id}).all()
            withdrawn, watch_list = withdrawn_by(session, user_id), watch_list_of(session, user_id)
        weights = event_weights(self._settings)
        return UserFeedback(_what_counts(rows, weights), withdrawn=withdrawn, watch_list=watch_list)

    def watch(self, user_id: str, movie_id: str, *, is_listed: bool) -> None:
        """Put a movie on a user's watch list, or take it off; it is on the disk when this returns.

        Raises:
            BadData: an id that is none.
        """
        _require_id("user_id", user_id)
        _require_id("movie_id", movie_id)
        with writing(self._database) as session:
            change(session, user_id, movie_id, clock.now(), is_listed=is_listed)

    def users(self, beginning: str, limit: int) -> list[str]:
        """The first `limit` ids of users who have said something and whose id starts with `beginning`."""
        starts = sa.func.substr(FeedbackRow.user_id, 1, len(beginning)) == beginning
        query = sa.select(FeedbackRow.user_id).where(starts, ~IS_WITHDRAWN).distinct()
        with Session(self._database) as session:
            return list(session.scalars(query.order_by(FeedbackRow.user_id).limit(limit)))

    def changes(self) -> Changes:
        """Follows, on SQLite, who says or takes back something from now on."""
        return Changes(self._database)

    def count(self) -> int:
        """Number of events, those that were taken back among them."""
        return self._count(sa.true())

    def unclaimed(self) -> int:
        """Number of events that the next chunk will take up."""
        return self._count(FeedbackRow.chunk_id.is_(None) & ~IS_WITHDRAWN)

    def _count(self, condition: sa.ColumnElement[bool]) -> int:
        with Session(self._database) as session:
            return session.scalar(sa.select(sa.func.count()).select_from(FeedbackRow).where(condition)) or 0


def _event(rating: NewRating, now: datetime, scale: Scale) -> dict[str, Any]:
    _require_id("user_id", rating.user_id)
    _require_id("movie_id", rating.movie_id)
    if wrong := wrong_value(rating.event, rating.rating, scale):
        raise BadData(f"{rating.rating} is not a valid value of {rating.event}.", f"{wrong}.")
    rated_at = in_utc(rating.rated_at or now)
    if not EARLIEST <= rated_at <= latest_time(now):
        raise BadData(f"Nobody rates at {rated_at.isoformat()}.", f"Send a time from {EARLIEST:%Y} until now.")
    return {**asdict(rating), "rated_at": rated_at, "received_at": now}


def _require_id(name: str, value: str) -> None:
    if not is_valid_id(value):
        raise BadData(f"{name} {value[:40]!r} is not a valid id.", f"Send 1 to {LONGEST_ID} printable characters.")


def _insert(session: Session, events: list[dict[str, Any]], now: datetime) -> Receipt:
    _wait_for_others(session, events)
    last_words = _last_words(session, events, now)
    new = []
    for event in events:
        about = (event["user_id"], event["movie_id"], event["rated_at"], event["event"])
        if about not in last_words or last_words[about] != event["rating"]:
            last_words[about] = event["rating"]
            new.append(event)
    if new:
        session.execute(sa.insert(FeedbackRow), new)
    return Receipt(accepted=len(events), stored=len(new), received_at=now)


def _wait_for_others(session: Session, events: list[dict[str, Any]]) -> None:
    """On PostgreSQL, wait for whoever writes of the same users; on SQLite there is one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        # In one order, so that no two wait for each other.
        for user_id in sorted({event["user_id"] for event in events}):
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(user_id, 0))))


def _last_words(
    session: Session, events: list[dict[str, Any]], now: datetime
) -> dict[tuple[str, str, datetime, str], float | None]:
    """What was said last of each user, movie, time and event; nobody has said anything yet of this very moment."""
    about = {
        (each["user_id"], each["movie_id"], each["rated_at"], each["event"])
        for each in events
        if each["rated_at"] != now
    }
    if not about:
        return {}
    columns = (FeedbackRow.user_id, FeedbackRow.movie_id, FeedbackRow.rated_at, FeedbackRow.event)
    query = sa.select(*columns, FeedbackRow.rating).where(sa.tuple_(*columns).in_(sorted(about)))
    said = session.execute(query.order_by(FeedbackRow.id))
    return {(user, movie, at, event): rating for user, movie, at, event, rating in said}


def _insert_once(session: Session, events: list[dict[str, Any]], now: datetime, key: str, digest: str) -> Receipt:
    """Insert under a key. Of two requests at once the second waits here for the first one's transaction."""
    row = {"key": key, "request_digest": digest, "receipt": {}, "created_at": now}
    insert = _insert_for(session)(IdempotencyRow).values(row).on_conflict_do_nothing().returning(IdempotencyRow.key)
    is_new = session.scalar(insert) is not None
    kept = session.get_one(IdempotencyRow, key)
    if is_new:
        receipt = _insert(session, events, now)
        kept.receipt = {**asdict(receipt), "received_at": receipt.received_at.isoformat()}
        return receipt
    if kept.request_digest != digest:
        raise Refused("The idempotency key was used for other ratings.", "Use a new key for new ratings.")
    return Receipt(**{**kept.receipt, "received_at": datetime.fromisoformat(kept.receipt["received_at"])})


def _insert_for(session: Session) -> Any:  # noqa: ANN401  two functions of the same shape without a common type
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def _request_digest(ratings: Sequence[NewRating]) -> str:
    content = [{**asdict(rating), "rated_at": rating.rated_at and rating.rated_at.isoformat()} for rating in ratings]
    for each in content:
        if each["event"] == "rating":  # digests of earlier versions, which knew no other event, still hold
            del each["event"]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _valid_key(key: str) -> str:
    if not (key and is_printable(key)):
        raise UsageError("The idempotency key is not valid.", f"Send 1 to {LONGEST_ID} printable characters.")
    return key


def _what_counts(rows: Iterable[sa.Row[Any]], weights: Mapping[str, float]) -> list[StoredRating]:
    """Of each movie what was said last, else what was done last, of rows from the newest on; the newest first."""
    newest, known = dict[str, StoredRating](), dict[Any, Any]()
    for row in rows:
        before = newest.get(row.movie_id)
        if counts(row.event, weights) and (before is None or (row.event in SAID and before.event not in SAID)):
            newest[row.movie_id] = _stored(row, weights, known)
    return sorted(newest.values(), key=lambda each: each.rated_at, reverse=True)


def _stored(row: sa.Row[Any], weights: Mapping[str, float], known: dict[Any, Any]) -> StoredRating:
    """A row, its equal values as one object (numbers and times within `known`): the server remembers thousands."""
    values = (row.rating, row.rated_at, row.received_at, row.chunk_id, weight_of(row.event, row.rating, weights))
    rating, at, got, chunk, weight = (known.setdefault((type(each), each), each) for each in values)
    return StoredRating(intern(row.user_id), intern(row.movie_id), rating, at, got, chunk, intern(row.event), weight)
