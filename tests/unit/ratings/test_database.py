import sqlite3
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from matinee.errors import BadData, DependencyUnreachable
from matinee.ratings import comparison_tables, movie_changes
from matinee.ratings.database import Base, ChunkRow, engine
from matinee.ratings.feedback.store import FeedbackStore
from matinee.ratings.feedback.withdrawals import without_withdrawn
from matinee.ratings.importing import RATINGS
from matinee.ratings.migrations import MIGRATIONS, newest
from matinee.settings import Settings
from support import as_source


def test_the_migrated_tables_are_those_of_the_models(settings):
    with engine(settings).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert comparison_tables.ChallengerRow.__tablename__ in Base.metadata.tables
    assert movie_changes.MovieChangeRow.__tablename__ in Base.metadata.tables


def test_the_newest_migration_is_the_one_that_alembic_ends_at():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [newest()]


@pytest.mark.slow
def test_a_database_of_this_version_is_opened_without_importing_alembic(settings):
    engine(settings)
    script = f"""
        import sys
        from matinee.ratings.database import engine
        from matinee.settings import Settings
        engine({as_source(settings)})
        sys.exit("alembic" in sys.modules)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False).returncode == 0


def test_sqlite_is_opened_for_durability_and_many_readers(tmp_path):
    with engine(Settings(home=tmp_path, _env_file=None)).connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


@pytest.mark.either
@pytest.mark.slow
def test_eight_processes_that_start_at_once_find_one_migrated_database(settings):
    script = f"""
        from matinee.ratings.feedback.store import FeedbackStore, NewRating
        from matinee.settings import Settings
        FeedbackStore({as_source(settings)}).add([NewRating("u", "m", 3)])
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    complaints = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 8, complaints
    with engine(settings).connect() as connection:
        tables = (sa.table("alembic_version"), sa.table("feedback"))
        counts = [connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]
    assert counts == [1, 8]


def test_a_database_of_a_newer_version_is_refused(tmp_path):
    settings = Settings(home=tmp_path, _env_file=None)
    connection = sqlite3.connect(tmp_path / "matinee.db")
    connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.commit()
    connection.close()
    with pytest.raises(BadData, match=r"another version.*Update matinee"):
        engine(settings)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "matinee.db").write_bytes(b"not a database" * 100)
    with pytest.raises(BadData, match="cannot be used as database"):
        engine(Settings(home=tmp_path, _env_file=None))


def test_a_database_in_memory_is_refused(tmp_path):
    with pytest.raises(BadData, match="in memory"):
        engine(Settings(home=tmp_path, database_url="sqlite://", _env_file=None))


def test_a_postgresql_server_that_does_not_answer_is_said_without_its_password(tmp_path, unused_port):
    url = f"postgresql://someone:secret@127.0.0.1:{unused_port}/ratings"
    with pytest.raises(DependencyUnreachable) as error:
        engine(Settings(home=tmp_path, database_url=url, _env_file=None))
    assert "secret" not in str(error.value)


def test_chunks_of_matinee_0_1_belong_to_the_run_that_took_each(tmp_path):
    settings = Settings(home=tmp_path, _env_file=None)
    path = tmp_path / "matinee.db"
    _migrated_to(path, "0004")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO chunks"
            " (chunk_id, run_id, source, state, starts_at, ends_at, n_ratings, n_live, path, claimed_at)"
            " VALUES (1, 'scheduled', 'ml-100k', 'closed', '2020-01-01', '2020-01-02', 3, 0, 'ratings/x', '2020-01-02')"
        )
    connection.close()
    with Session(engine(settings)) as session:
        row = session.get_one(ChunkRow, 1)
        assert (row.run_id, row.claimed_by, row.mode, row.n_late) == ("scheduled", "scheduled", "replay", 0)


OLD = "Zoe\u0308"
"""Zoë as some keyboards write it, in two characters."""


@pytest.fixture
def store_of(tmp_path):
    """The feedback of a home in which `said` (user, movie, stars, hour) and `taken_back` (user, movie, number) are."""

    def migrated(said, taken_back=()):
        path = tmp_path / "matinee.db"
        _migrated_to(path, "0012")
        with sqlite3.connect(path) as connection:
            connection.executemany(
                "INSERT INTO feedback (user_id, movie_id, rating, rated_at, received_at)"
                " VALUES (?, ?, ?, '2024-05-01 ' || ?, '2024-05-02 00:00:00.000000')",
                [(user, movie, stars, f"{hour:02}:00:00.000000") for user, movie, stars, hour in said],
            )
            connection.executemany(
                "INSERT INTO withdrawals (user_id, movie_id, last_feedback_id, withdrawn_at)"
                " VALUES (?, ?, ?, '2024-05-03 00:00:00.000000')",
                taken_back,
            )
        connection.close()
        return FeedbackStore(Settings(home=tmp_path, _env_file=None))

    return migrated


def _stars(store, user_id):
    return {each.movie_id: each.rating for each in store.of_user(user_id)}


def test_what_was_said_under_ids_of_another_form_counts_under_the_canonical_ones(store_of):
    store = store_of([(" ann", "7.0", 5, 1), ("ann", "8", 4, 2), (OLD, f"{OLD} ", 3, 3)])
    assert _stars(store, "ann") == {"7": 5, "8": 4}
    assert _stars(store, "Zoë") == {"Zoë": 3}
    assert (_stars(store, " ann"), _stars(store, OLD)) == ({}, {})
    assert store.unclaimed() == 3


def test_of_what_was_said_under_two_forms_of_an_id_the_last_word_counts(store_of):
    later_rated, same_time = ("ann ", "1", 5, 9), [("ann ", "2", 1, 1), ("ann", "2", 4, 1)]
    store = store_of([later_rated, ("ann", "1", 2, 3), *same_time, ("ann", "3", 2, 1), ("ann ", "3", 5, 1)])
    assert _stars(store, "ann") == {"1": 5, "2": 4, "3": 5}


def test_what_was_taken_back_under_any_form_of_an_id_stays_taken_back(store_of):
    said = [("ann ", "1", 5, 1), ("ann ", "2", 5, 1), ("bob ", "1", 5, 1), ("bob ", "1", 4, 2)]
    store = store_of(said, [("ann", None, 1), ("ann ", "2", 2), ("bob ", "1", 3)])
    assert (_stars(store, "ann"), _stars(store, "bob")) == ({}, {"1": 4})


def test_chunks_that_hold_old_forms_of_ids_are_read_without_them(store_of, tmp_path):
    store = store_of([("ann ", "1", 5, 1)])
    at = datetime(2024, 5, 1, 1, tzinfo=UTC)
    rows = [("ann ", "1", 5.0, at, "live", "rating"), ("ben", "1", 4.0, at, "live", "rating")]
    schema = {"user_id": pl.String, "movie_id": pl.String, "rating": pl.Float32, "rated_at": RATINGS["rated_at"]}
    chunk = pl.DataFrame(rows, {**schema, "origin": pl.String, "event": RATINGS["event"]}, orient="row")
    held = without_withdrawn(engine(Settings(home=tmp_path, _env_file=None)), chunk)
    assert held["user_id"].to_list() == ["ben"]
    assert store.unclaimed() == 1


def test_a_home_whose_ids_are_canonical_is_left_as_it_is(store_of):
    store = store_of([("ann", "1", 5, 1), ("ann", "1", 3, 2)], [("ann", "2", 2)])
    assert (store.count(), store.newest_withdrawal()) == (2, 1)


def _migrated_to(path: Path, revision: str) -> None:
    """A database as an earlier version left it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    database = sa.create_engine(f"sqlite:///{path}")
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.dispose()
