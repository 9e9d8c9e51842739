"""An answer is given again only while all that it was made of stays the same."""

import weakref
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from matinee.ranking import ListRequest
from matinee.ratings.feedback.store import StoredRating, UserFeedback
from matinee.serving.answering import response_cache
from matinee.serving.answering.response_cache import CacheEntry, ListOfUser, ResponseCache
from matinee.serving.model import fallback
from matinee.serving.model.served import Registered, ServedModel

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, NEXT_HOUR = NOW.timestamp(), NOW.timestamp() + 3_600


def made_of(said: UserFeedback) -> CacheEntry:
    return CacheEntry(said, "popular", np.zeros(1, np.int64), ("m1",), b'{"id":"', b'"}')


def by(user_id: str, hour: float = HOUR) -> ListOfUser:
    return ListOfUser(user_id, ListRequest(), hour)


def rated(movie_id: str) -> UserFeedback:
    return UserFeedback([StoredRating("u1", movie_id, 5.0, NOW, NOW, None)])


@pytest.fixture
def served():
    return fallback.empty()


def test_an_answer_is_given_again_with_the_id_of_the_new_request(served):
    kept, said = ResponseCache(), rated("m1")
    kept.keep(by("u1"), served, made_of(said))
    entry = kept.get(by("u1"), served, said)
    assert entry is not None
    assert entry.body("r-2") == b'{"id":"r-2"}'


def test_what_was_read_anew_and_says_the_same_is_the_same(served):
    kept = ResponseCache()
    kept.keep(by("u1"), served, made_of(rated("m1")))
    assert kept.get(by("u1"), served, rated("m1")) is not None


def test_news_of_the_user_void_the_answer(served):
    kept = ResponseCache()
    kept.keep(by("u1"), served, made_of(rated("m1")))
    assert kept.get(by("u1"), served, rated("m2")) is None
    assert kept.get(by("u1"), served, UserFeedback()) is None


def test_another_model_voids_all_answers(served):
    kept, said = ResponseCache(), UserFeedback()
    for user in ("u1", "u2", "u3"):
        kept.keep(by(user), served, made_of(said))
    other = fallback.empty()
    assert [kept.get(by(user), other, said) for user in ("u1", "u2", "u3")] == [None] * 3
    assert [kept.get(by(user), served, said) for user in ("u1", "u2", "u3")] == [None] * 3


def test_an_answer_of_the_model_before_does_not_void_those_of_the_new_one(served):
    kept, said, other = ResponseCache(), UserFeedback(), fallback.empty()
    assert kept.get(by("u1"), served, said) is None  # and its answer is being made
    kept.get(by("u2"), other, said)
    kept.keep(by("u2"), other, made_of(said))
    kept.keep(by("u1"), served, made_of(said))
    assert kept.get(by("u2"), other, said) is not None


def version(number: str) -> ServedModel:
    registered = Registered(version=number, run_id=f"run-{number}", source="somewhere")
    return replace(fallback.empty(), registered=registered)


def test_answers_that_were_made_before_a_swap_are_there_after_it_the_newest_last():
    kept, said, before, after = ResponseCache(), UserFeedback(), version("1"), version("2")
    for user in ("u1", "u2", "u3"):
        kept.keep(by(user), before, made_of(said))
    assert [key.user_id for key, _ in kept.newest(2, HOUR)] == ["u3", "u2"]
    for key, _ in kept.newest(2, HOUR):
        kept.make_ready(key, after, made_of(said))
    assert kept.get(by("u1"), before, said) is not None
    served = replace(after, loaded_at=NOW)  # as a swap does, for metrics that were logged since
    assert [kept.get(by(user), served, said) is not None for user in ("u1", "u2", "u3")] == [False, True, True]
    assert [key.user_id for key, _ in kept.newest(9, HOUR)] == ["u3", "u2"]


def test_answers_that_were_made_for_one_version_are_not_given_with_another():
    kept, said, before = ResponseCache(), UserFeedback(), version("1")
    kept.keep(by("u1"), before, made_of(said))
    kept.make_ready(by("u1"), version("2"), made_of(said))
    assert kept.get(by("u1"), version("3"), said) is None
    assert kept.get(by("u1"), version("2"), said) is None


def test_what_somebody_said_since_an_answer_was_made_ready_voids_it():
    kept, before, after = ResponseCache(), version("1"), version("2")
    kept.keep(by("u1"), before, made_of(rated("m1")))
    kept.make_ready(by("u1"), after, made_of(rated("m1")))
    assert kept.get(by("u1"), after, rated("m2")) is None


def test_the_answer_that_was_not_asked_for_longest_goes_first(served, monkeypatch):
    monkeypatch.setattr(response_cache, "KEPT", 2)
    kept, said = ResponseCache(), UserFeedback()
    kept.keep(by("u1"), served, made_of(said))
    kept.keep(by("u2"), served, made_of(said))
    assert kept.get(by("u1"), served, said) is not None
    kept.keep(by("u3"), served, made_of(said))
    assert [kept.get(by(user), served, said) is not None for user in ("u1", "u2", "u3")] == [True, False, True]


def test_only_answers_of_the_hour_are_made_again_for_a_swap(served):
    kept, said = ResponseCache(), UserFeedback()
    kept.keep(by("u1"), served, made_of(said))
    assert kept.newest(9, NEXT_HOUR) == []
    assert [key.user_id for key, _ in kept.newest(9, HOUR)] == ["u1"]


def test_answers_of_an_hour_that_is_over_take_no_memory(served):
    kept, said, n_users = ResponseCache(), UserFeedback(), 50
    entries = [made_of(said) for _ in range(n_users)]
    left = [weakref.ref(each.items) for each in entries]
    for user, entry in enumerate(entries):
        kept.keep(by(f"u{user}"), served, entry)
    del entries, entry
    assert all(each() is not None for each in left)
    for user in range(n_users):  # each request of the next hour frees one
        kept.get(by(f"u{user}", NEXT_HOUR), served, said)
        assert sum(each() is not None for each in left) == n_users - user - 1


def test_an_answer_whose_hour_is_over_when_it_is_made_is_not_kept(served):
    kept, said = ResponseCache(), UserFeedback()
    assert kept.get(by("u1"), served, said) is None  # and its answer is being made
    kept.keep(by("u2", NEXT_HOUR), served, made_of(said))
    kept.get(by("u2", NEXT_HOUR), served, said)
    kept.keep(by("u1"), served, made_of(said))
    assert kept.newest(9, HOUR) == []
