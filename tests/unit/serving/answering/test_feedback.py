"""A worker remembers what the last users said, and no more than it has room for."""

import asyncio

import pytest

from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.serving.answering import feedback
from matinee.serving.answering.feedback import Feedback
from matinee.serving.database import DatabasePatience


@pytest.fixture
def store(settings) -> FeedbackStore:
    store = FeedbackStore(settings)
    for user in range(6):
        store.add([NewRating(f"u{user}", f"m{movie}", 4.0) for movie in range(4)])
    return store


def remembered(found: Feedback) -> list[str]:
    return list(found._remembered)


async def ask(found: Feedback, *users: str) -> None:
    for user_id in users:
        assert len((await found.of_user(user_id)).ratings) == 4


@pytest.mark.usefixtures("store")
def test_the_users_who_were_asked_for_last_stay(settings, monkeypatch):
    monkeypatch.setattr(feedback, "REMEMBERED", 15)  # three users of four ratings each
    found = Feedback(settings, DatabasePatience(settings))
    asyncio.run(ask(found, "u0", "u1", "u2", "u0", "u3"))
    assert remembered(found) == ["u2", "u0", "u3"]


@pytest.mark.usefixtures("store")
def test_somebody_who_says_more_than_there_is_room_for_is_remembered_alone(settings, monkeypatch):
    monkeypatch.setattr(feedback, "REMEMBERED", 3)
    found = Feedback(settings, DatabasePatience(settings))
    asyncio.run(ask(found, "u0", "u1", "u1"))
    assert remembered(found) == ["u1"]


def test_room_is_made_when_somebody_is_forgotten_for_saying_something_new(settings, store, monkeypatch):
    monkeypatch.setattr(feedback, "REMEMBERED", 15)
    found = Feedback(settings, DatabasePatience(settings))

    async def days() -> None:
        await ask(found, "u0", "u1", "u2")
        for _ in range(5):
            store.add([NewRating("u1", "m0", 5.0)])
            await asyncio.sleep(0)
            await ask(found, "u1")

    asyncio.run(days())
    assert sorted(remembered(found)) == ["u0", "u1", "u2"]
