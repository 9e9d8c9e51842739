"""What a newcomer is asked about first."""

from matinee.clients.schemas.movies import Movie
from matinee.ui.parts.starters import starters


def _movies(*kinds):
    return [Movie(movie_id=str(n), title=str(n), year=year, genres=genres) for n, (year, *genres) in enumerate(kinds)]


def test_the_most_popular_movie_comes_first_and_no_movie_twice():
    chosen = starters(_movies(*[(1990 + n, "Drama") for n in range(30)]), 12)
    assert chosen[0].movie_id == "0"
    assert len({movie.movie_id for movie in chosen}) == 12


def test_other_genres_come_before_more_of_the_same():
    popular = _movies(*[(1995, "Drama")] * 8, (1995, "Comedy"), (1995, "Horror"))
    assert {"8", "9"} <= {movie.movie_id for movie in starters(popular, 4)}


def test_other_decades_come_before_more_of_the_same():
    popular = _movies(*[(1995, "Drama")] * 8, (1955, "Drama"))
    assert "8" in {movie.movie_id for movie in starters(popular, 3)}


def test_a_small_catalogue_is_asked_about_entirely():
    assert len(starters(_movies((None,), (1990, "War")), 12)) == 2
    assert starters([], 12) == []
