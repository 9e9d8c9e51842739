"""Rows on their way from one database to another."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from matinee.containers import moving
from matinee.errors import Refused
from matinee.local import commands
from matinee.ratings.database import Base, FeedbackRow, UtcDateTime, engine, writing
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.settings import Settings


def test_all_rows_arrive_and_what_was_there_before_is_gone(tmp_path):
    homes = [Settings(home=tmp_path / name, _env_file=None) for name in ("native", "other")]
    moment = datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    for settings, user_id in zip(homes, ("kept", "replaced"), strict=True):
        with writing(engine(settings)) as session:
            values = {"user_id": user_id, "movie_id": "m", "event": "rating", "rating": 4.5}
            session.add(FeedbackRow(**values, rated_at=moment, received_at=moment))
    with engine(homes[0]).connect() as source, engine(homes[1]).begin() as target:
        moving.copy(source, target)
    with writing(engine(homes[1])) as session:
        (row,) = session.scalars(sa.select(FeedbackRow))
        assert (row.user_id, row.rating, row.rated_at) == ("kept", 4.5, moment)
    assert ChunkLedger(homes[1]).chunks() == []


@pytest.fixture
def full(tmp_path) -> sa.Engine:
    """A ledger of two rows in each of its tables."""
    database = engine(Settings(home=tmp_path / "full", _env_file=None))
    with database.begin() as connection:
        for table in Base.metadata.sorted_tables:
            connection.execute(table.insert(), [_row(table, number) for number in (1, 2)])
    return database


def test_no_table_and_no_column_is_left_behind(full, tmp_path):
    there = engine(Settings(home=tmp_path / "there", _env_file=None))
    with full.connect() as source, there.begin() as target:
        moving.copy(source, target)
    with full.connect() as source, there.connect() as target:
        for table in Base.metadata.sorted_tables:
            assert [tuple(row) for row in target.execute(table.select())] == [
                tuple(_row(table, number).values()) for number in (1, 2)
            ], table.name
        assert _names(source) == _names(target) >= {"model_events", "alembic_version"}


def test_the_native_mode_begins_no_second_history(settings):
    (settings.home / "postgres-17" / "pgdata").mkdir(parents=True)
    with pytest.raises(Refused, match="to-native"):
        commands.start(settings)


def test_a_home_without_native_files_has_nothing_to_take_over(settings):
    assert list(moving.take_over(settings)) == []


def _row(table: sa.Table, number: int) -> dict[str, object]:
    """A row in which no value is the column's default."""
    values = {sa.JSON: {"number": number}, UtcDateTime: datetime(2020, 1, number, tzinfo=UTC)}
    simple = {str: f"text {number}", int: number, float: number / 2, bool: number == 1}
    return {column.name: values.get(type(column.type)) or simple[column.type.python_type] for column in table.columns}


def _names(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())
