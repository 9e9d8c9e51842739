"""How much of a source cannot be used, said aloud where it is more than a slip here and there."""

from collections.abc import Iterator, Mapping

import polars as pl

from matinee.ratings.events import IS_RATING
from matinee.ratings.sources.source import Source
from matinee.settings import Settings

LOUD = 0.01
"""Share of rows, 0 to 1, above which it is said aloud that they cannot be used."""


def unusable_sentence(what: str, n_rows: int, reasons: Mapping[str, int]) -> str:
    """How large a share of `n_rows` cannot be used, and why; empty where it is not more than `LOUD`."""
    n_unusable = sum(reasons.values())
    if n_unusable <= LOUD * n_rows:
        return ""
    counted = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    why = ", ".join(f"{count:,} {reason}" for reason, count in counted)
    return f"{n_unusable / n_rows:.1%} of the {n_rows:,} rows of {what} cannot be used: {why}."


def unusable_sentences(source: Source) -> Iterator[str]:
    """What is to be said aloud of the ratings and of the movies of a source."""
    of_ratings = unusable_sentence("ratings", source.n_rows, source.rating_reasons)
    of_movies = unusable_sentence("movies", source.n_movie_rows, source.movie_reasons)
    yield from filter(None, (of_ratings, of_movies))


def liked_sentence(source: Source, settings: Settings) -> str:
    """Said when no rating reaches `MATINEE_POSITIVE_RATING`, or every one does on a scale of several; else empty."""
    stars, events = pl.col("rating").filter(IS_RATING), (~IS_RATING).any().alias("has_events")
    lowest, highest, has_events = (
        pl.scan_parquet(source.ratings_path).select(stars.min(), stars.max().alias("highest"), events).collect().row(0)
    )
    if has_events or highest is None:
        return ""  # what people watched or bought counts as well, and no scale says how much
    if highest < settings.positive_rating:
        return (
            f"No rating reaches MATINEE_POSITIVE_RATING ({settings.positive_rating:g}), so nothing counts as liked and"
            f" nothing can be learned: the highest is {highest:g}."
        )
    if lowest < highest and lowest >= settings.positive_rating:
        return (
            f"Every rating reaches MATINEE_POSITIVE_RATING ({settings.positive_rating:g}), so all of them count as"
            f" liked: they go from {lowest:g} to {highest:g}."
        )
    return ""
