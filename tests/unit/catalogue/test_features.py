"""Likeness of movies by what is known of them."""

from math import log

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from matinee.catalogue import MOVIES
from matinee.catalogue.features import _Terms, content_of

MOVIES_OF = [
    ("0", "Alien", 1979, ["Horror", "Sci-Fi"]),
    ("1", "Aliens", 1986, ["Action", "Sci-Fi"]),
    ("2", "Emma", 1996, ["Romance"]),
    ("3", "Sense and Sensibility", 1995, ["Romance"]),
    ("4", "Alien 3", 1992, ["Horror", "Sci-Fi"]),
    ("5", "Untold", None, []),
]


def movies() -> pl.DataFrame:
    return pl.DataFrame(MOVIES_OF, schema=MOVIES, orient="row")


def rated(*rows: int) -> np.ndarray:
    n_ratings = np.zeros(len(MOVIES_OF), np.int64)
    n_ratings[list(rows)] = 3
    return n_ratings


def test_an_unrated_movie_is_most_like_those_of_its_genres_title_and_years() -> None:
    content = content_of(movies(), rated(0, 1, 2, 3))
    assert content.rows.tolist() == [4, 5]
    weights = dict(zip(content.neighbours[0].tolist(), content.weights[0].tolist(), strict=True))
    assert max(weights, key=weights.__getitem__) == 0  # of its genres and its title
    assert weights[3] > weights[2]  # nearer in time
    np.testing.assert_allclose(content.weights[0].sum(), 1, rtol=1e-5)


def test_a_movie_of_which_nothing_is_known_is_like_none() -> None:
    content = content_of(movies(), rated(0, 1, 2, 3))
    assert not content.weights[1].any()


def test_without_rated_or_without_unrated_movies_there_is_nothing_to_score() -> None:
    assert content_of(movies(), rated()).weights.shape == (6, 0)
    assert len(content_of(movies(), rated(*range(6))).rows) == 0


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), min_size=1, max_size=8))
def test_terms_count_by_how_rare_they_are(terms: list[list[str]]) -> None:
    rarity = {term: log(len(terms) / sum(term in each for each in terms)) for each in terms for term in each}

    def cosine(one: list[str], other: list[str]) -> float:
        product, *lengths = (
            sum(rarity[term] ** 2 for term in which) for which in (set(one) & set(other), set(one), set(other))
        )
        return product / (lengths[0] * lengths[1]) ** 0.5 if min(lengths) > 0 else 0.0

    expected = [[cosine(one, other) for other in terms] for one in terms]
    np.testing.assert_allclose(_Terms(terms).cosines(np.arange(len(terms))), expected, rtol=1e-5, atol=1e-6)
