"""The weights of a blend follow the newest ratings, and nothing that is walked through is known before its time."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from matinee.models import tuning
from matinee.models.blend import WEIGHTS, Blend
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit
from matinee.ranking import Histories

DAY_S = 86_400


def made(users: list[list[tuple[int, int, float]]], interactions: Interactions) -> Interactions:
    """Interactions of users who rated (second, movie, stars), on the catalogue of others."""
    ordered = [sorted({movie: (at, movie, stars) for at, movie, stars in user}.values()) for user in users]
    entries = [entry for user in ordered for entry in user]
    histories = Histories(
        offsets=np.cumsum([0, *map(len, ordered)]),
        items=np.array([movie for _, movie, _ in entries], np.int32),
        ratings=np.array([stars for _, _, stars in entries], np.float32),
        rated_at=np.array([at for at, _, _ in entries], np.int64),
    )
    return replace(interactions, user_ids=[str(user) for user in range(len(users))], histories=histories)


RATING = st.tuples(st.integers(0, 10 * DAY_S), st.integers(0, 9), st.sampled_from([1.0, 3.0, 4.0, 5.0]))
USERS = st.lists(st.lists(RATING, min_size=1, max_size=8), min_size=1, max_size=8)


@given(users=USERS, share=st.sampled_from([0.1, 0.5, 0.9]))
def test_a_step_knows_nothing_of_what_comes_in_it(users, share):
    everything = made(
        users, Interactions(["0"], list("abcdefghij"), Histories(*_nothing()), 4.0, datetime(1970, 1, 12, tzinfo=UTC))
    )
    newest = 0
    for step in tuning.steps(everything, share):
        begins = step.past().data_through.timestamp()
        assert begins >= newest
        assert (step.past().histories.rated_at < begins).all()
        assert (len(step.past().user_ids), step.past().n_movies) == (everything.n_users, everything.n_movies)
        for trial in step.trials:
            assert len(trial.history)
            assert trial.truth
            assert not trial.truth.intersection(trial.history.items.tolist())
        newest = begins


def test_live_ratings_from_after_the_data_set_make_no_step_longer(interactions: Interactions) -> None:
    own = replace(interactions, data_through=datetime(1970, 4, 11, tzinfo=UTC))
    users = [[((3 * user + 9 * movie) % 100 * DAY_S, movie, 5.0) for movie in range(10)] for user in range(60)]
    live = [[*user, (10_000 * DAY_S, 11, 5.0)] if number < 3 else user for number, user in enumerate(users)]
    begins, with_live = ([step.begins for step in tuning.steps(made(each, own), 0.5)] for each in (users, live))
    assert len(begins) == len(with_live) == tuning.STEPS
    assert max(abs(a - b) for a, b in zip(begins, with_live, strict=True)) <= DAY_S


def test_what_was_known_at_a_moment_is_what_was_rated_before_it(interactions: Interactions) -> None:
    moment = int(np.median(interactions.histories.rated_at))
    earlier = interactions.before(moment)
    assert 0 < len(earlier.histories.items) < len(interactions.histories.items)
    for user in range(interactions.n_users):
        known = interactions.histories.of(user)
        assert_array_equal(earlier.histories.of(user).items, known.items[known.rated_at < moment])


def test_too_few_people_leave_the_weights_as_they_are(interactions: Interactions) -> None:
    few = made([[(0, 0, 5.0), (DAY_S, 1, 5.0)]], interactions)
    assert Blend(regularization=9, recent=3, common=-0.1).choose(few) == (9, 3, -0.1)


def test_ratings_without_times_are_fitted_in_silence(interactions: Interactions, capfd) -> None:
    users = [[(0, movie, 5.0) for movie in range(user % 3, interactions.n_movies, 3)] for user in range(60)]
    timeless = made(users, interactions)
    assert tuning.steps(timeless, 0.1) == []
    fit(Blend(), timeless)
    assert capfd.readouterr() == ("", "")


def test_weights_that_are_not_to_be_chosen_stay(interactions: Interactions) -> None:
    fixed = Blend(regularization=9, recent=3, common=-0.1, tuning_share=0)
    assert fixed.choose(_trend(interactions)) == (9, 3, -0.1)


def test_where_everybody_follows_the_trend_what_is_new_counts(interactions: Interactions) -> None:
    assert Blend().choose(_trend(interactions)).recent > 0


def test_where_only_taste_tells_popularity_counts_for_nothing(interactions: Interactions) -> None:
    trend = Blend().choose(_trend(interactions))
    taste = Blend().choose(_taste(interactions))
    assert taste[1:] == WEIGHTS[0] != trend[1:]


def test_the_weights_are_in_the_model_and_the_same_each_time(interactions: Interactions) -> None:
    ratings = _trend(interactions)
    first, second = (fit(Blend(), ratings).parameters for _ in range(2))
    _, recent, common = Blend().choose(ratings)
    assert first == second
    assert [value for name, value in first.items() if name.endswith(".popularity")] == [
        weight for weight in (recent, common) if weight
    ]


def _trend(interactions: Interactions) -> Interactions:
    """People without taste: on each day nearly everybody likes the movie of that day, and one old one by chance."""
    random = np.random.default_rng(1)
    n_days = interactions.n_movies
    users = []
    for user in range(20 * n_days):
        day = user % n_days
        old = int(random.integers(n_days))
        users.append([(day * DAY_S + user, old, 5.0), (day * DAY_S + user + 60, day, 5.0)])
    return made(users, interactions)


def _taste(interactions: Interactions) -> Interactions:
    """Two groups of people, each with half of the catalogue, in which no movie is more popular than another."""
    n_movies = interactions.n_movies
    users = []
    for user in range(400):
        own = np.random.default_rng(user).permutation(range(user % 2, n_movies, 2))[: n_movies // 4]
        users.append([(user * 3600 + 60 * place, int(movie), 5.0) for place, movie in enumerate(own)])
    return made(users, interactions)


def _nothing() -> tuple[np.ndarray, ...]:
    return np.zeros(2, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64)
