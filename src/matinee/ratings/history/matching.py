"""A history of another service as ratings of movies of this catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from matinee.catalogue.titles import TitleIndex
from matinee.ratings.feedback.store import NewRating
from matinee.ratings.fields import EARLIEST, latest_time
from matinee.ratings.history.exports import ExportedHistory, Seen
from matinee.ratings.scale import Scale


@dataclass(frozen=True)
class MatchedHistory:
    """What was found in the catalogue, and what was not."""

    services: Sequence[str]
    ratings: Sequence[NewRating]
    n_watched: int
    """Those of `ratings` that were watched and not rated."""

    not_found: Sequence[str]
    """Titles, with their years, of which none or several movies could be meant."""

    n_other: int = field(default=0)
    """Rows that are no movies."""


def match(histories: Sequence[ExportedHistory], user_id: str, movies: pl.DataFrame, scale: Scale) -> MatchedHistory:
    """Find each movie of some exports in a catalogue; of several mentions of one movie the last one counts.

    Args:
        histories: what somebody exported.
        user_id: to whom the ratings are given.
        movies: `movie_id, title, year`.
        scale: of the home; stars become as many parts of its highest rating.
    """
    index, found, not_found = TitleIndex(movies), dict[str, Seen](), dict[str, None]()
    for seen in (each for history in histories for each in history.seen):
        movie_id = index.find(seen.title, seen.year)
        if movie_id is None:
            not_found[f"{seen.title} ({seen.year})" if seen.year else seen.title] = None
        elif movie_id not in found or _says_more(seen, found[movie_id]):
            found[movie_id] = seen
    return MatchedHistory(
        services=sorted({history.service for history in histories}),
        ratings=[_rating(user_id, movie_id, seen, scale) for movie_id, seen in found.items()],
        n_watched=sum(not seen.is_rated for seen in found.values()),
        not_found=list(not_found),
        n_other=sum(history.n_other for history in histories),
    )


def _says_more(new: Seen, old: Seen) -> bool:
    """Whether a mention is better than an earlier one: a rating than none, and else the later one."""
    if new.is_rated != old.is_rated:
        return new.is_rated
    return old.at is None or (new.at is not None and new.at >= old.at)


def _rating(user_id: str, movie_id: str, seen: Seen, scale: Scale) -> NewRating:
    is_plausible = seen.at is not None and EARLIEST <= seen.at <= latest_time()
    return NewRating(user_id, movie_id, scale.from_stars(seen.stars), seen.at if is_plausible else None)
