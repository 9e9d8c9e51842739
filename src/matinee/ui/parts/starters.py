"""Which movies a newcomer is asked about first: well known, and each of another kind."""

from collections import Counter
from collections.abc import Sequence

from matinee.clients.schemas.movies import Movie

ASKED = 12
"""Movies on the page."""


def starters(popular: Sequence[Movie], n_movies: int = ASKED) -> list[Movie]:
    """Up to `n_movies` of `popular` (most popular first), spread over genres and decades.

    Greedy: the next one is the movie whose genres and decade were chosen least often so far, of equals the more
    popular one: to have been chosen once more costs as much as all places of popularity.
    """
    left, chosen = list(enumerate(popular)), list[Movie]()
    seen: Counter[str] = Counter()
    while left and len(chosen) < n_movies:
        best = min(left, key=lambda each: each[0] + len(popular) * _familiarity(each[1], seen))
        left.remove(best)
        chosen.append(best[1])
        seen.update(_traits(best[1]))
    return chosen


def _familiarity(movie: Movie, seen: Counter[str]) -> float:
    traits = _traits(movie)
    return sum(seen[trait] for trait in traits) / len(traits)


def _traits(movie: Movie) -> list[str]:
    decade = "no year" if movie.year is None else f"{movie.year // 10}0s"
    return [*movie.genres, decade]
