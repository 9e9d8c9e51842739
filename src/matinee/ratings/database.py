"""The database of the chunk ledger and of what people rate: SQLite in the home, or PostgreSQL by URL."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from matinee.errors import BadData, DependencyUnreachable
from matinee.ratings import migrations
from matinee.ratings.failures import cause_of, failure
from matinee.ratings.instants import UtcDateTime
from matinee.settings import Settings
from matinee.storage import locked

BUSY_TIMEOUT_S = 30
"""How long a writer waits for another one; longer than any transaction of matinee takes."""

_OPENING = threading.Lock()  # of threads that ask first at once, one opens the database
_LEDGER_LOCK = 0x6D6174  # any constant; key of PostgreSQL's advisory lock
# A machine that has gone says nothing: without these the system would wait for a quarter of an hour.
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts up in columns of type INTEGER only


class Base(DeclarativeBase):
    """Tables of matinee; their definition in the database comes from `migrations/`."""

    type_annotation_map = {datetime: UtcDateTime, float: sa.Double, dict[str, Any]: sa.JSON}  # noqa: RUF012  SQLAlchemy reads a plain attribute


class ChunkRow(Base):
    """A chunk of the ledger. No id is ever skipped."""

    __tablename__ = "chunks"

    chunk_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[str] = mapped_column(unique=True)
    claimed_by: Mapped[str] = mapped_column(index=True)
    """The run; `run_id` is the same for its first chunk, and has a number behind it for each further one."""
    mode: Mapped[str]
    source: Mapped[str]
    source_digest: Mapped[str | None]
    state: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    n_ratings: Mapped[int]
    n_live: Mapped[int]
    n_late: Mapped[int]
    path: Mapped[str]
    sha256: Mapped[str | None]
    claimed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    quarantine: Mapped[list["QuarantineRow"]] = relationship(lazy="selectin")


class QuarantineRow(Base):
    """How many rows a chunk found in quarantine, by reason."""

    __tablename__ = "chunk_quarantine"

    chunk_id: Mapped[int] = mapped_column(sa.ForeignKey("chunks.chunk_id"), primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    n_rows: Mapped[int]


class ChunkStatisticsRow(Base):
    """What a chunk is beside all that came before it, and the watch's verdict; written once, never changed."""

    __tablename__ = "chunk_statistics"

    chunk_id: Mapped[int] = mapped_column(sa.ForeignKey("chunks.chunk_id"), primary_key=True)
    verdict: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(sa.JSON)
    n_ratings: Mapped[int]
    n_users: Mapped[int]
    n_new_users: Mapped[int]
    n_ratings_of_new_users: Mapped[int]
    n_movies: Mapped[int]
    n_new_movies: Mapped[int]
    n_ratings_of_new_movies: Mapped[int]
    ratings_by_day: Mapped[dict[str, Any]]
    rating_histogram: Mapped[dict[str, Any]]
    mean_rating: Mapped[float | None]
    ratings_per_user: Mapped[float | None]
    most_ratings_of_a_user: Mapped[int]
    quarantine_share: Mapped[float]
    usual_n_ratings: Mapped[float | None]
    rating_distance: Mapped[float | None]
    rating_p_value: Mapped[float | None]
    popularity_distance: Mapped[float | None]
    popularity_p_value: Mapped[float | None]
    popularity_overlap: Mapped[float | None]
    watched_at: Mapped[datetime]
    events: Mapped[dict[str, Any]]


class ChunkDecisionRow(Base):
    """What somebody decided about a chunk that the watch refused; never changed, the last one counts."""

    __tablename__ = "chunk_decisions"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    chunk_id: Mapped[int] = mapped_column(sa.ForeignKey("chunks.chunk_id"), index=True)
    decision: Mapped[str]
    reason: Mapped[str]
    who: Mapped[str]
    at: Mapped[datetime]


class FeedbackRow(Base):
    """A rating or another event (`rating` is its value): never changed except for the chunk that takes it up."""

    __tablename__ = "feedback"
    __table_args__ = (sa.Index("ix_feedback_event", "user_id", "movie_id", "rated_at"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    user_id: Mapped[str]
    movie_id: Mapped[str]
    event: Mapped[str]
    rating: Mapped[float | None]
    rated_at: Mapped[datetime]
    received_at: Mapped[datetime]
    chunk_id: Mapped[int | None] = mapped_column(sa.ForeignKey("chunks.chunk_id"), index=True)


class WithdrawalRow(Base):
    """Ratings that a user took back: those of one movie, or all (`movie_id` None). Never changed."""

    __tablename__ = "withdrawals"
    __table_args__ = (sa.Index("ix_withdrawals_covered", "user_id", "movie_id", "last_feedback_id"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    user_id: Mapped[str]
    movie_id: Mapped[str | None]
    last_feedback_id: Mapped[int] = mapped_column(SERIAL)
    """What was received up to here is taken back; what comes later counts again."""
    withdrawn_at: Mapped[datetime]


class ShownListRow(Base):
    """A list that was shown to a user; never changed."""

    __tablename__ = "shown_lists"
    __table_args__ = (sa.Index("ix_shown_lists_user", "user_id", "shown_at"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    user_id: Mapped[str]
    movie_ids: Mapped[list[str]] = mapped_column(sa.JSON)
    shown_at: Mapped[datetime] = mapped_column(index=True)


class IdempotencyRow(Base):
    """What was answered to a request that came with an idempotency key."""

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[str]
    receipt: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class ModelEventRow(Base):
    """A line of the history of the models (`matinee.lifecycle.history`), never changed."""

    __tablename__ = "model_events"

    event_id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    what: Mapped[str]
    version: Mapped[str]
    previous_version: Mapped[str | None]
    reason: Mapped[str]
    who: Mapped[str]
    at: Mapped[datetime]


class ModelComparisonRow(Base):
    """What two models gave one user on one day, in NDCG@10 (`matinee.lifecycle.comparisons`)."""

    __tablename__ = "model_comparisons"

    pair: Mapped[str] = mapped_column(primary_key=True)
    chunk_id: Mapped[int] = mapped_column(sa.ForeignKey("chunks.chunk_id"), primary_key=True, autoincrement=False)
    user_key: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    """A digest of the user's id: who is the same can be told, who it is cannot."""
    day: Mapped[int]
    own: Mapped[float]
    other: Mapped[float]
    segment: Mapped[str]
    """`warm` or `new` (`matinee.evaluation.split`); empty where it was not written down."""


class MoveLeaseRow(Base):
    """Who may move production; one row for each name of a lock, held until `until`."""

    __tablename__ = "move_leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    who: Mapped[str]
    until: Mapped[datetime]


def engine(settings: Settings) -> sa.Engine:
    """The database, its tables migrated to this version; one pool of connections for each process.

    Raises:
        DependencyUnreachable: the server does not answer.
        StorageError: the disk is full, read-only or faulty.
        BadData: the file is no database, or was written by a newer matinee.
    """
    with _OPENING:
        return _engine(settings.database, os.getpid())


@contextmanager
def writing(database: sa.Engine) -> Iterator[Session]:
    """A transaction that writes. It is durable when the block ends, and void when the block raises."""
    with Session(database.execution_options(sqlite_begin="IMMEDIATE")) as session, session.begin():
        yield session


@contextmanager
def claiming(database: sa.Engine) -> Iterator[Session]:
    """A transaction that writes, of which only one at a time is under way, on PostgreSQL too."""
    with writing(database) as session:
        if database.dialect.name == "postgresql":
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LEDGER_LOCK)))
        yield session


@lru_cache
def _engine(url: str, process_id: int) -> sa.Engine:  # noqa: ARG001  a forked child must not share connections
    location = sa.make_url(url)
    if location.get_backend_name() == "sqlite":
        return _sqlite(location)
    return _postgresql(location.set(drivername="postgresql+psycopg"))


def _sqlite(url: sa.URL) -> sa.Engine:
    if not url.database:
        raise BadData("An SQLite database in memory forgets what people rate.", "Name a file in MATINEE_DATABASE_URL.")
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(database, "connect", _prepare_connection)
    event.listen(database, "begin", _begin)
    with locked(path.with_name(f".{path.name}.lock")):
        try:
            with database.connect() as connection:
                connection.connection.execute("PRAGMA journal_mode = WAL")
            _migrate(database)
        except (sa.exc.DatabaseError, sqlite3.DatabaseError) as error:
            damaged = BadData(f"{path} cannot be used as database: {cause_of(error)}.", "Restore it from a backup.")
            raise failure(error) or damaged from error
    return database


def _postgresql(url: sa.URL) -> sa.Engine:
    database = sa.create_engine(url, connect_args={"connect_timeout": 5} | _ALIVE, pool_pre_ping=True)
    try:
        _migrate(database)
    except sa.exc.OperationalError as error:
        shown = url.render_as_string(hide_password=True)
        raise DependencyUnreachable(
            f"The database {shown} cannot be used: {error.orig}.", "Start it, or correct MATINEE_DATABASE_URL."
        ) from error
    return database


def _prepare_connection(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's own, untyped
    connection.isolation_level = None  # `_begin` begins transactions, not the driver
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # KiB: the system keeps the pages anyway, once for all connections; here each thread of a server would for itself.
    connection.execute("PRAGMA cache_size = -256")


def _begin(connection: sa.Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _migrate(database: sa.Engine) -> None:
    """Bring the tables to this version, in one transaction that only one process is in at a time."""
    if not migrations.is_done(database):
        with claiming(database) as session:
            migrations.upgrade(session.connection())
