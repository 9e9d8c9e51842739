import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

from matinee.errors import BadData, DependencyUnreachable
from matinee.ratings import comparison_tables, movie_changes
from matinee.ratings.database import MIGRATIONS, Base, ChunkRow, engine
from matinee.settings import Settings
from support import as_source


def test_the_migrated_tables_are_those_of_the_models(settings):
    with engine(settings).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert comparison_tables.ChallengerRow.__tablename__ in Base.metadata.tables
    assert movie_changes.MovieChangeRow.__tablename__ in Base.metadata.tables


def test_sqlite_is_opened_for_durability_and_many_readers(tmp_path):
    with engine(Settings(home=tmp_path, _env_file=None)).connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


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


def _migrated_to(path: Path, revision: str) -> None:
    """A database as an earlier version left it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    database = sa.create_engine(f"sqlite:///{path}")
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.dispose()
