"""What was shown, on its way to the database."""

import asyncio
from datetime import UTC, datetime

import pytest

from matinee import clock
from matinee.ratings.feedback.shown import ShownLists
from matinee.serving.answering.recently_shown import AGAIN, RecentlyShown
from matinee.serving.prometheus import Metrics
from matinee.serving.workers.health import WorkerHealth


@pytest.fixture
def written(monkeypatch) -> list[list[tuple[str, tuple[str, ...]]]]:
    """Users and movies of the lists that were added, add by add; the database is the real one."""
    found, add = [], ShownLists.add

    def adding(self, lists):
        add(self, lists)
        found.append([(each.user_id, tuple(each.movie_ids)) for each in lists])

    monkeypatch.setattr(ShownLists, "add", adding)
    return found


@pytest.fixture
def shown(settings) -> RecentlyShown:
    return RecentlyShown(settings, Metrics(settings.home, WorkerHealth(settings.home)))


def test_lists_of_one_user_that_wait_together_are_written_as_one(shown, written):
    for user_id, movie_ids in (("u1", ("a", "b")), ("u2", ("c",)), ("u1", ("b", "d"))):
        shown.note(user_id, movie_ids)
    asyncio.run(shown.flush())
    assert written == [[("u1", ("a", "b", "d")), ("u2", ("c",))]]


def test_what_could_not_be_written_waits_and_is_written_with_what_came_meanwhile(shown, written, settings):
    shown.note("u1", ("a", "b"))
    database = settings.home / "matinee.db"
    database.mkdir(parents=True)
    asyncio.run(shown.flush())
    assert written == []
    database.rmdir()
    shown.note("u1", ("c",))
    asyncio.run(shown.flush())
    assert written == [[("u1", ("a", "b", "c"))]]


def test_no_list_waits_of_somebody_who_was_erased(shown, written):
    shown.note("u1", ("a",))
    shown.note("u2", ("b",))
    asyncio.run(shown.forget("u1"))
    asyncio.run(shown.flush())
    assert written == [[("u2", ("b",))]]


def test_lists_that_are_not_compared_any_more_are_forgotten(shown):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.pretended(lambda: now):
        for user in range(20):
            shown.note(f"u{user}", ("a",))
        now += AGAIN
        for user in range(10):
            shown.note(f"v{user}", ("a",))
    assert set(shown._last) == {f"v{user}" for user in range(10)}
