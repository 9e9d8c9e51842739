"""An answer is given again only while all that it was made of stays the same."""

from datetime import UTC, datetime

import numpy as np
import pytest

from matinee.ratings.feedback.store import StoredRating, UserFeedback
from matinee.serving.answering import response_cache
from matinee.serving.answering.response_cache import CacheEntry, ResponseCache
from matinee.serving.model import fallback

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def made_of(said: UserFeedback) -> CacheEntry:
    return CacheEntry(said, "popular", np.zeros(1, np.int64), ("m1",), b'{"id":"', b'"}')


def rated(movie_id: str) -> UserFeedback:
    return UserFeedback([StoredRating("u1", movie_id, 5.0, NOW, NOW, None)])


@pytest.fixture
def served():
    return fallback.empty()


def test_an_answer_is_given_again_with_the_id_of_the_new_request(served):
    kept, said = ResponseCache(), rated("m1")
    kept.keep("u1", served, made_of(said))
    entry = kept.get("u1", served, said)
    assert entry is not None
    assert entry.body("r-2") == b'{"id":"r-2"}'


def test_what_was_read_anew_and_says_the_same_is_the_same(served):
    kept = ResponseCache()
    kept.keep("u1", served, made_of(rated("m1")))
    assert kept.get("u1", served, rated("m1")) is not None


def test_news_of_the_user_void_the_answer(served):
    kept = ResponseCache()
    kept.keep("u1", served, made_of(rated("m1")))
    assert kept.get("u1", served, rated("m2")) is None
    assert kept.get("u1", served, UserFeedback()) is None


def test_another_model_voids_all_answers(served):
    kept, said = ResponseCache(), UserFeedback()
    for user in range(3):
        kept.keep(user, served, made_of(said))
    other = fallback.empty()
    assert [kept.get(user, other, said) for user in range(3)] == [None] * 3
    assert [kept.get(user, served, said) for user in range(3)] == [None] * 3


def test_the_answer_that_was_not_asked_for_longest_goes_first(served, monkeypatch):
    monkeypatch.setattr(response_cache, "KEPT", 2)
    kept, said = ResponseCache(), UserFeedback()
    kept.keep("u1", served, made_of(said))
    kept.keep("u2", served, made_of(said))
    assert kept.get("u1", served, said) is not None
    kept.keep("u3", served, made_of(said))
    assert [kept.get(user, served, said) is not None for user in ("u1", "u2", "u3")] == [True, False, True]
