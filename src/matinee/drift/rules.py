"""What the data watch says of a chunk: usual, drifted (a warning), or refused (clearly broken).

A refusal stops the daily loop until a person comes, so its rules fire on what a broken export, a mixed-up id or a unit
error makes, and never on a strange but real day: on none of the 3,900 days and weeks of MovieLens 100K, 1M and
latest-small. New users alone refuse nothing, since most ratings of a real day come from them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from matinee.drift.records import ChunkStatistics, Verdict

N_SENSIBLE_RATINGS, N_SENSIBLE_USERS = 20, 5
"""Fewer ratings, or of fewer people, may all be alike or all be of new movies by chance."""

ONE_VALUE_SHARE = 0.95
"""Share of one value in the past from which a chunk of that value alone is usual: thumbs, or purchases."""

HUGE = 100
"""Times the usual size that is refused."""

LEAST_USUAL_N_RATINGS = 20
"""Where less than this is usual, one person's hundreds are 100 times that; this is counted instead."""

UNKNOWN_SHARE = 0.5
"""Share of ratings of new movies, given by most people, that is refused if it is also far more than was expected."""

UNKNOWN_TIMES_EXPECTED = 3
QUARANTINE_SHARE = 0.5
"""Share of unusable rows that is refused. The first chunk finds those of the whole source, and is not judged by it."""

UNUSUAL = 10
"""Times the usual size, or part of it, that is a drift."""

DRIFT_P_VALUE = 0.001
DRIFT_RATING_DISTANCE = 0.15
DRIFT_POPULARITY_DISTANCE = 0.2
"""With hundreds of people any difference is significant; these are the distances from which one matters."""


@dataclass(frozen=True)
class Beside:
    """What the rules want to know beside the statistics; shares are 0 to 1."""

    covers_time: bool
    """Whether the chunk is of a period. One that is not holds what people said meanwhile, which may be withdrawals."""

    has_past: bool
    largest_rating_share: float
    """Share of the past's most frequent rating."""

    expected_new_movie_share: float
    """Share of ratings of new movies that was to be expected; 1 without a past."""

    explorer_share: float
    """Share of the chunk's users of whose ratings more than half are of new movies."""


def judge(found: ChunkStatistics, beside: Beside) -> tuple[Verdict, list[str]]:
    """The verdict, and a sentence for each rule that was hit."""
    if broken := list(_broken(found, beside)):
        return "refused", broken
    if drifts := list(_drifts(found)):
        return "drifted", drifts
    return "usual", []


def _broken(found: ChunkStatistics, beside: Beside) -> Iterator[str]:
    if found.n_ratings == 0 and beside.covers_time:
        yield "It has no ratings."
    sensible = found.n_ratings >= N_SENSIBLE_RATINGS and found.n_users >= N_SENSIBLE_USERS
    if sensible and len(found.rating_histogram) == 1 and beside.largest_rating_share < ONE_VALUE_SHARE:
        yield f"All {found.n_ratings:,} ratings of {found.n_users:,} users are {next(iter(found.rating_histogram))}."
    if found.usual_n_ratings and found.n_ratings >= HUGE * max(found.usual_n_ratings, LEAST_USUAL_N_RATINGS):
        yield f"It has {_times_usual(found)}."
    if sensible and beside.has_past and _is_unknown(found, beside):
        yield (
            f"{found.n_ratings_of_new_movies / found.n_ratings:.0%} of its ratings are of movies that nobody has rated"
            f" before; {beside.expected_new_movie_share:.0%} was to be expected."
        )
    if beside.has_past and found.quarantine_share >= QUARANTINE_SHARE and found.n_ratings >= 1:
        yield f"{found.quarantine_share:.0%} of its rows cannot be used and are in quarantine."


def _is_unknown(found: ChunkStatistics, beside: Beside) -> bool:
    share = found.n_ratings_of_new_movies / found.n_ratings
    is_unexpected = share >= UNKNOWN_TIMES_EXPECTED * beside.expected_new_movie_share
    return share > UNKNOWN_SHARE and beside.explorer_share > UNKNOWN_SHARE and is_unexpected


def _drifts(found: ChunkStatistics) -> Iterator[str]:
    usual = found.usual_n_ratings
    if usual and not usual / UNUSUAL < found.n_ratings < UNUSUAL * max(usual, LEAST_USUAL_N_RATINGS):
        yield f"It has {_times_usual(found)}."
    distances = (
        ("People rate otherwise", found.rating_distance, found.rating_p_value, DRIFT_RATING_DISTANCE),
        ("Other movies are rated", found.popularity_distance, found.popularity_p_value, DRIFT_POPULARITY_DISTANCE),
    )
    for what, distance, p_value, least in distances:
        if distance is not None and p_value is not None and distance >= least and p_value <= DRIFT_P_VALUE:
            yield f"{what} than before: distance {distance:.2f} of at most 1 (p = {p_value:.4f})."


def _times_usual(found: ChunkStatistics) -> str:
    return f"{found.n_ratings:,} ratings, where {found.usual_n_ratings or 0:,.0f} are usual"
