import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.evaluation.evaluate import Contender
from matinee.evaluation.refresh import _histories
from matinee.evaluation.soundness import (
    CALIBRATED_DAYS,
    FLOOR,
    Likeness,
    known_users,
    least_likeness,
    probe,
    rank_biased_overlap,
)
from matinee.evaluation.split import Said, Split
from matinee.ranking import FactorScorer, Histories, RankingModel

MOVIES, USERS = [f"m{number}" for number in range(30)], [f"u{number}" for number in range(20)]
lists = st.lists(st.sampled_from(MOVIES), min_size=1, max_size=10, unique=True)
RATED_AT = [pl.datetime(2020, 1, day + 1, time_zone="UTC") for day in range(3)]


def model(*, user_factors=None) -> Contender:
    """Factors by the fold-in of histories of three liked movies each, as `ALS` fits them."""
    random = np.random.default_rng(0)
    item_factors = random.normal(size=(len(MOVIES), 4)).astype(np.float32)
    items = np.concatenate([random.choice(len(MOVIES), 3, replace=False) for _ in USERS]).astype(np.int32)
    count = len(items)
    histories = Histories(
        np.arange(0, count + 1, 3), items, np.full(count, 5, np.float32), np.tile([0, 86_400, 172_800], len(USERS))
    )
    scorer = FactorScorer(item_factors, np.zeros((len(USERS), 4), np.float32), 5.0, 1.0, float("inf"), 4.0)
    folded = np.stack([scorer.user_factor(histories.of(user)) for user in range(len(USERS))])
    scorer = FactorScorer(
        item_factors, folded if user_factors is None else user_factors(folded), 5.0, 1.0, float("inf"), 4.0
    )
    return Contender.of(RankingModel(np.ones(len(MOVIES), np.float32), histories, scorer), USERS, MOVIES)


def histories_of(contender: Contender) -> dict[str, Said]:
    found = {}
    for user, row in contender.user_index.items():
        history = contender.model.histories.of(row)
        found[user] = Said([MOVIES[item] for item in history.items], history.ratings, history.rated_at, None)
    return found


@given(lists)
def test_a_list_is_wholly_like_itself(movies):
    assert rank_biased_overlap(movies, movies) == pytest.approx(1)
    assert Likeness.of([movies], [movies]) == Likeness(1.0, pytest.approx(1))


@given(lists, lists)
def test_likeness_lies_between_nothing_and_all_and_takes_no_sides(one, other):
    value = rank_biased_overlap(one, other)
    assert -1e-9 <= value <= 1 + 1e-9
    assert value == pytest.approx(rank_biased_overlap(other, one))


def test_the_first_places_count_most():
    movies = MOVIES[:10]
    assert rank_biased_overlap(movies, ["x", *movies[1:]]) < rank_biased_overlap(movies, [*movies[:-1], "x"])


def test_rank_biased_overlap_is_that_of_the_paper():
    """By hand for depth 2 and p = .5: X = 0, 2, so 2/2 · ¼ + ½/½ · (0/1 · ½ + 2/2 · ¼) = ½."""
    assert rank_biased_overlap(["a", "b"], ["b", "a"], p=0.5) == pytest.approx(0.5)


def test_a_sound_model_agrees_with_itself_and_with_its_twin():
    found = probe(model(), model(), histories_of(model()))
    assert (found.agreement, found.likeness, found.is_finite, found.is_constant) == (
        1.0,
        Likeness(1.0, pytest.approx(1)),
        True,
        False,
    )


def test_user_factors_in_the_wrong_rows_do_not_agree_with_histories():
    assert (
        probe(model(user_factors=lambda rows: np.roll(rows, 1, axis=0)), None, histories_of(model())).agreement < 0.98
    )


def test_scores_that_are_all_alike_are_seen():
    constant = model(user_factors=np.zeros_like)
    constant.model.scorer.item_factors[:] = 1
    assert probe(constant, None, histories_of(model())).is_constant


def test_users_of_whom_the_chunk_says_nothing_are_asked_for():
    both = model()
    assert known_users(both, both, set(USERS[:15])) == sorted(USERS[15:])
    assert known_users(both, both, set(USERS)) == sorted(USERS)
    assert known_users(both, None, set()) == sorted(USERS)


def test_a_young_home_asks_for_the_floor_and_an_old_one_for_what_is_usual_there():
    usual = [Likeness(0.95, 0.94)] * CALIBRATED_DAYS
    assert least_likeness(usual[1:]) == FLOOR
    found = least_likeness(usual)
    assert found.overlap == pytest.approx(0.90)
    assert least_likeness([Likeness(0.5, 0.5)] * 30) == FLOOR


def test_days_that_differ_much_are_usual_where_days_differ_much():
    calm = least_likeness([Likeness(0.95, 0.95)] * 20)
    restless = least_likeness([Likeness(value, value) for value in np.linspace(0.85, 1, 20)])
    assert restless.overlap < calm.overlap


def test_everybody_of_more_than_a_batch_gets_the_list_that_they_get_alone():
    asked = model()
    alone = {user: asked.listed([user])[0].movie_ids for user in USERS}
    many = USERS * (200 // len(USERS) + 1)
    assert [each.movie_ids for each in asked.listed(many)] == [alone[user] for user in many]


def test_histories_are_in_the_order_of_time_with_the_newest_of_each_movie_and_of_nobody_else():
    def said(*rows: tuple[str, str, int, int]) -> pl.DataFrame:
        frame = pl.DataFrame(rows, schema=["user_id", "movie_id", "rating", "hour"], orient="row")
        return frame.select("user_id", "movie_id", "rating", rated_at=pl.datetime(2020, 1, 1, "hour", time_zone="UTC"))

    past = said(("v", "z", 4, 1), ("u", "z", 5, 2), ("u", "b", 1, 3), ("w", "a", 2, 4))
    found = _histories(Split(past, said(("u", "a", 3, 5), ("u", "z", 2, 6))), ["u", "v", "nobody"])
    assert {user: (each.movie_ids, each.ratings.tolist()) for user, each in found.items()} == {
        "u": (["b", "a", "z"], [1, 3, 2]),
        "v": (["z"], [4]),
        "nobody": ([], []),
    }
