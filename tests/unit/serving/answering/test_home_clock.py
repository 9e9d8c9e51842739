"""The time of a home is that of its newest chunk plus the time since it was taken."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from matinee import clock as clocks
from matinee.serving.answering import home_clock
from matinee.serving.answering.home_clock import RESOLUTION_S, HomeClock
from matinee.serving.database import DatabasePatience
from matinee.settings import Settings


@pytest.fixture
def clock_of(monkeypatch, tmp_path):
    def made(newest=None):
        monkeypatch.setattr(home_clock, "ChunkLedger", lambda _: SimpleNamespace(newest_closed=lambda: newest))
        settings = Settings(home=tmp_path, _env_file=None)
        return HomeClock(settings, DatabasePatience(settings))

    return made


def chunk(ends_at: datetime, closed_ago: timedelta, mode: str = "replay") -> SimpleNamespace:
    return SimpleNamespace(ends_at=ends_at, closed_at=datetime.now(UTC) - closed_ago, mode=mode)


def test_before_the_first_chunk_there_is_none(clock_of):
    assert asyncio.run(clock_of().hour()) is None


def test_a_replay_lives_in_the_time_of_its_data(clock_of):
    newest = datetime(1998, 1, 8, tzinfo=UTC)
    clock = clock_of(chunk(newest, timedelta(hours=5)))
    assert asyncio.run(clock.hour()) == pytest.approx((newest + timedelta(hours=5)).timestamp(), abs=RESOLUTION_S)


def test_a_live_home_has_the_time_of_the_wall(clock_of):
    now = datetime.now(UTC)
    clock = clock_of(chunk(now - timedelta(days=6), timedelta(hours=6), "live"))
    assert asyncio.run(clock.hour()) == pytest.approx(now.timestamp(), abs=RESOLUTION_S)


def test_a_database_that_is_away_leaves_the_time_as_it_was(clock_of, monkeypatch):
    def failing(_):
        raise OperationalError("SELECT", None, Exception("away"))

    clock = clock_of(chunk(datetime(1998, 1, 8, tzinfo=UTC), timedelta(0)))
    monkeypatch.setattr(home_clock, "READ_INTERVAL_S", -1.0)
    before = asyncio.run(clock.hour())
    monkeypatch.setattr(home_clock, "ChunkLedger", failing)
    assert asyncio.run(clock.hour()) == before is not None


def test_where_another_time_is_told_than_the_walls_the_hour_is_of_that(clock_of):
    now = datetime(2031, 5, 1, 12, 30, tzinfo=UTC)
    clock = clock_of(SimpleNamespace(ends_at=now - timedelta(days=1), closed_at=now - timedelta(hours=6), mode="live"))
    with clocks.pretended(lambda: now):
        assert asyncio.run(clock.hour()) == now.replace(minute=0).timestamp()


def test_the_hour_that_is_known_is_told_without_the_database(clock_of, monkeypatch):
    clock = clock_of(chunk(datetime(1998, 1, 8, tzinfo=UTC), timedelta(0)))
    assert clock.known_hour() is None
    read = asyncio.run(clock.hour())
    monkeypatch.setattr(home_clock, "ChunkLedger", lambda _: pytest.fail("the database was asked"))
    monkeypatch.setattr(home_clock, "READ_INTERVAL_S", -1.0)
    assert clock.known_hour() == read is not None
