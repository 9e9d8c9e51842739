import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from matinee.errors import BadData, Refused, UsageError
from matinee.ratings.feedback.store import FeedbackStore, NewRating
from support import as_source

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(settings):
    return FeedbackStore(settings)


def test_what_was_rated_is_there_newest_first(store):
    store.add(
        [NewRating("u", "a", 4, NOON), NewRating("u", "b", 2.5, NOON + timedelta(hours=1)), NewRating("v", "a", 1)]
    )
    assert [(each.movie_id, each.rating, each.chunk_id) for each in store.of_user("u")] == [
        ("b", 2.5, None),
        ("a", 4, None),
    ]
    assert store.of_user("nobody") == []
    assert (store.count(), store.unclaimed()) == (3, 3)


def test_what_is_remembered_of_thousands_of_events_shares_what_is_equal(store):
    n_users, n_movies = 10, 50
    for user in range(n_users):
        store.add(
            [NewRating(f"u{user}", f"m{movie}", movie % 5 + 1, NOON + timedelta(0, movie)) for movie in range(n_movies)]
        )
    said = [each for user in range(n_users) for each in store.of_user(f"u{user}")]
    assert len(said) == n_users * n_movies
    assert len({id(each.movie_id) for each in said}) == n_movies
    assert len({id(each.user_id) for each in said}) == n_users
    assert len({id(each.event) for each in said}) == 1
    assert len({id(each.rating) for each in said}) <= 5 * n_users
    assert len({id(each.received_at) for each in said}) == n_users


def test_of_several_ratings_for_a_movie_the_newest_counts_and_all_are_kept(store):
    store.add([NewRating("u", "a", 1, NOON), NewRating("u", "a", 5, NOON + timedelta(days=1))])
    store.add([NewRating("u", "a", 3, NOON - timedelta(days=1))])
    assert [each.rating for each in store.of_user("u")] == [5]
    assert store.count() == 3


def test_of_two_ratings_at_the_same_instant_the_one_stored_last_counts(store):
    store.add([NewRating("u", "a", 1, NOON)])
    store.add([NewRating("u", "a", 5, NOON)])
    assert [each.rating for each in store.of_user("u")] == [5]


def test_who_says_5_then_2_then_5_stars_with_one_time_has_said_5_and_a_repetition_is_none(store):
    for stars in (5, 2, 5, 5):
        receipt = store.add([NewRating("u", "a", stars, NOON)])
    assert receipt.stored == 0
    assert [each.rating for each in store.of_user("u")] == [5]
    assert store.count() == 3


def test_the_last_word_counts_within_one_request_too(store):
    assert store.add([NewRating("u", "a", stars, NOON) for stars in (5, 2, 2, 5)]).stored == 3
    assert [each.rating for each in store.of_user("u")] == [5]


def test_a_time_is_now_when_not_given_and_utc_when_it_has_no_zone(store):
    before = datetime.now(UTC)
    store.add([NewRating("u", "a", 3), NewRating("u", "b", 3, datetime(2024, 5, 1, 12))])  # noqa: DTZ001
    now, noon = store.of_user("u")
    assert before <= now.rated_at <= datetime.now(UTC)
    assert noon.rated_at == NOON


def test_the_same_key_with_the_same_ratings_gets_the_same_receipt_and_stores_nothing_twice(store):
    ratings = [NewRating("u", "a", 4), NewRating("u", "b", 3, NOON)]
    receipt = store.add(ratings, "key")
    assert (receipt.accepted, receipt.stored) == (2, 2)
    assert store.add(ratings, "key") == receipt
    assert store.count() == 2


def test_the_same_key_with_other_ratings_is_refused_and_stores_nothing(store):
    store.add([NewRating("u", "a", 4)], "key")
    with pytest.raises(Refused, match="key was used for other ratings"):
        store.add([NewRating("u", "a", 5)], "key")
    assert store.count() == 1


def test_a_repeated_event_without_a_key_is_stored_once(store):
    rating = NewRating("u", "a", 4, NOON)
    assert store.add([rating, rating]).stored == 1
    assert store.add([rating]).stored == 0
    assert store.count() == 1


@pytest.mark.parametrize(
    "rating",
    [
        NewRating("", "a", 4),
        NewRating("u", " ", 4),
        NewRating("u", "a\x00", 4),
        NewRating("u" * 256, "a", 4),
        NewRating("u", "a", float("nan")),
        NewRating("u", "a", 0),
        NewRating("u", "a", 10.5),
        NewRating("u", "a", 4, datetime(1989, 12, 31, tzinfo=UTC)),
        NewRating("u", "a", 4, datetime.now(UTC) + timedelta(days=2)),
    ],
)
def test_nonsense_is_refused_with_everything_that_came_with_it(store, rating):
    with pytest.raises(BadData):
        store.add([NewRating("u", "good", 4), rating])
    assert store.count() == 0


def test_a_request_needs_ratings_and_a_key_that_is_one(store):
    with pytest.raises(UsageError, match="no rating to store"):
        store.add([])
    for key in ("", "k" * 256, "line\nbreak"):
        with pytest.raises(UsageError, match="key is not valid"):
            store.add([NewRating("u", "a", 4)], key)


def test_a_thousand_ratings_are_one_request(store):
    assert store.add([NewRating("u", str(i), 4) for i in range(1000)], "batch").stored == 1000


def test_two_threads_with_the_same_key_store_once(store):
    with ThreadPoolExecutor(8) as pool:
        receipts = set(pool.map(lambda _: store.add([NewRating("u", "a", 4, NOON)], "key"), range(8)))
    assert len(receipts) == 1
    assert store.count() == 1


def test_a_rating_that_is_taken_back_does_not_count_and_a_later_one_does(store):
    store.add([NewRating("u", "a", 1, NOON), NewRating("u", "a", 2, NOON + timedelta(days=1)), NewRating("u", "b", 3)])
    store.withdraw("u", "a")
    assert [each.movie_id for each in store.of_user("u")] == ["b"]
    store.add([NewRating("u", "a", 5, NOON)])
    assert {each.movie_id: each.rating for each in store.of_user("u")} == {"a": 5, "b": 3}


def test_an_erased_user_has_said_nothing_and_others_keep_what_they_said(store):
    store.add([NewRating("u", "a", 1), NewRating("u", "b", 2), NewRating("v", "a", 3)])
    for _ in range(2):
        store.withdraw("u")
        assert store.of_user("u") == []
    assert [each.rating for each in store.of_user("v")] == [3]
    assert store.unclaimed() == 1


def test_a_retry_does_not_bring_back_what_was_taken_back_meanwhile(store):
    rating = NewRating("u", "a", 4, NOON)
    receipt = store.add([rating], "key")
    store.withdraw("u", "a")
    assert store.add([rating], "key") == receipt
    assert store.add([rating]).stored == 0
    assert store.of_user("u") == []


def test_a_withdrawal_covers_what_a_data_set_said_before_it(store):
    store.withdraw("u", "a")
    withdrawn = store.feedback_of("u").withdrawn
    assert withdrawn.covers("a", NOON)
    assert not withdrawn.covers("b", NOON)
    assert not withdrawn.covers("a", datetime.now(UTC) + timedelta(seconds=1))
    store.withdraw("u")
    assert store.feedback_of("u").withdrawn.covers("b", NOON)
    assert not store.feedback_of("v").withdrawn


def test_of_somebody_unknown_nothing_is_noted(store):
    store.add([NewRating("u", "a", 4)])
    for user, movie in (("nobody", None), ("u", "b")):
        store.withdraw(user, movie, in_data_set=False)
    assert store.newest_withdrawal() == 0
    store.withdraw("u", "a", in_data_set=False)
    assert (store.newest_withdrawal(), store.of_user("u")) == (1, [])
    store.withdraw("u", in_data_set=False)  # nothing is left
    assert store.newest_withdrawal() == 1


@pytest.mark.parametrize(("user_id", "movie_id"), [("", None), ("u", ""), ("u", "a\x00")])
def test_nothing_is_taken_back_for_an_id_that_is_none(store, user_id, movie_id):
    with pytest.raises(BadData, match="is not a valid id"):
        store.withdraw(user_id, movie_id)


@pytest.mark.slow
def test_an_acknowledged_rating_survives_a_kill_at_once(settings):
    script = f"""
        import os, signal
        from matinee.ratings.feedback.store import FeedbackStore, NewRating
        from matinee.settings import Settings
        FeedbackStore({as_source(settings)}).add([NewRating("u", "a", 4)], "key")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert died.returncode == -9
    assert [each.movie_id for each in FeedbackStore(settings).of_user("u")] == ["a"]


events = st.lists(
    st.tuples(st.sampled_from("uv"), st.sampled_from("abc"), st.sampled_from([1.0, 2.5, 5.0, None]), st.integers(0, 3)),
    max_size=12,
)


@pytest.mark.either
@pytest.mark.slow
@hypothesis_settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(events)
def test_the_store_agrees_with_a_dictionary(tmp_path_factory, make_settings, events):
    store = FeedbackStore(make_settings(home=tmp_path_factory.mktemp("home")))
    newest: dict[tuple[str, str], tuple[int, int, float]] = {}
    last_words: dict[tuple[str, str, int], float] = {}
    n_stored = 0
    for position, (user, movie, rating, hour) in enumerate(events):
        if rating is None:
            movies = "abc" if movie == "a" else movie
            store.withdraw(user, None if movie == "a" else movie)
            newest = {(one, two): last for (one, two), last in newest.items() if one != user or two not in movies}
            continue
        receipt = store.add([NewRating(user, movie, rating, NOON + timedelta(hours=hour))])
        is_new = last_words.get((user, movie, hour)) != rating
        assert receipt.stored == is_new
        last_words[user, movie, hour] = rating
        n_stored += is_new
        if is_new:
            newest[user, movie] = max(newest.get((user, movie), (-1, -1, 0.0)), (hour, position, rating))
    for user in "uv":
        expected = {movie: last[2] for (owner, movie), last in newest.items() if owner == user}
        assert {each.movie_id: each.rating for each in store.of_user(user)} == expected
    assert store.count() == n_stored
