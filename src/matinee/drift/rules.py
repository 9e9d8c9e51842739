"""What the data watch says of a chunk: usual, drifted (a warning), or refused (clearly broken).

A refusal stops the daily loop until a person comes, so its rules fire on what a broken export, a mixed-up id or a unit
error makes, and never on a strange but real day: on none of the 3,900 days and weeks of MovieLens 100K, 1M and
latest-small. New users alone refuse nothing, since most ratings of a real day come from them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from matinee.drift.agreement import Agreement
from matinee.drift.patterns import (
    LEAST_SHARE,
    N_SENSIBLE_RATINGS,
    N_SENSIBLE_USERS,
    REPEATED_SHARE,
    Patterns,
)
from matinee.drift.records import ChunkStatistics, Verdict

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

    has_one_rating: bool
    """Whether the scale of the home has one rating only, so that all are alike."""

    covers_time: bool
    """Whether the chunk is of a period. One that is not holds what people said meanwhile, which may be withdrawals."""

    has_past: bool
    n_users_with_stars: int
    """Users of the chunk who gave stars, and did not only watch, like or buy."""

    largest_rating_share: float
    """Share of the past's stars that are its most frequent rating."""

    expected_new_movie_share: float
    """Share of ratings of new movies that was to be expected; 1 without a past."""

    explorer_share: float
    """Share of the chunk's users of whose ratings more than half are of new movies."""

    patterns: Patterns
    """What programs do and people hardly do."""

    agreement: Agreement
    """Whether its movies are rated as they were before."""


def judge(found: ChunkStatistics, beside: Beside) -> tuple[Verdict, list[str]]:
    """The verdict, and a sentence for each rule that was hit; of a usual chunk what is worth knowing all the same."""
    if broken := list(_broken(found, beside)):
        return "refused", broken
    patterns = beside.patterns
    of_past = (*_mixed_up(found, beside.agreement), *_patterns(found, patterns)) if beside.has_past else ()
    if drifts := [*_drifts(found), *of_past]:
        return "drifted", drifts
    return "usual", [_share_of_one(found, patterns)] if patterns.share_of_one >= LEAST_SHARE else []


def _broken(found: ChunkStatistics, beside: Beside) -> Iterator[str]:
    if found.n_ratings == 0 and beside.covers_time:
        yield "It has no ratings."
    sensible = found.n_ratings >= N_SENSIBLE_RATINGS and found.n_users >= N_SENSIBLE_USERS
    n_stars = sum(found.rating_histogram.values())
    are_many = n_stars >= N_SENSIBLE_RATINGS and beside.n_users_with_stars >= N_SENSIBLE_USERS
    is_alike = len(found.rating_histogram) == 1 and not beside.has_one_rating
    if are_many and is_alike and beside.largest_rating_share < ONE_VALUE_SHARE:
        (value,) = found.rating_histogram
        yield f"All {n_stars:,} ratings of {beside.n_users_with_stars:,} users are {value}."
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


def _mixed_up(found: ChunkStatistics, agreement: Agreement) -> Iterator[str]:
    """A warning about ids that name other movies than before."""
    if agreement.is_lost:
        yield (
            f"Its {agreement.n_movies:,} movies are not rated as they were before: correlation"
            f" {agreement.correlation:.2f}, where {agreement.usual:.2f} is usual. If movie ids were mixed up:"
            f" matinee watch {found.chunk_id} --leave-out --reason WHY."
        )


def _patterns(found: ChunkStatistics, patterns: Patterns) -> Iterator[str]:
    """Warnings about what programs do, each with what to do about it."""
    if patterns.share_of_one >= LEAST_SHARE and patterns.share_is_rare:
        yield f"{_share_of_one(found, patterns)} Hardly any day before was like that; {_LOOK_FOR_BOT}"
    if patterns.repeated is not None and patterns.repeated[1] >= REPEATED_SHARE:
        chunk_id, share = patterns.repeated
        yield (
            f"{share:.0%} of its ratings were in chunk {chunk_id} already, by the same people with the same value."
            f" If a day was sent twice: matinee watch {found.chunk_id} --leave-out --reason WHY."
        )
    if patterns.pushed:
        first = patterns.pushed[0]
        yield (
            f"{first.n_users} new users gave movie {first.movie_id} the highest rating, where {first.expected:.1f} were"
            f" to be expected. If somebody pushes it: matinee watch {found.chunk_id} --leave-out --reason WHY."
        )


_LOOK_FOR_BOT = "`matinee watch` names the user, and `matinee erase` forgets a program."


def _share_of_one(found: ChunkStatistics, patterns: Patterns) -> str:
    return (
        f"One user gave {patterns.share_of_one:.0%} of its ratings ({found.most_ratings_of_a_user:,} of"
        f" {found.n_ratings:,})."
    )


def _times_usual(found: ChunkStatistics) -> str:
    return f"{found.n_ratings:,} ratings, where {found.usual_n_ratings or 0:,.0f} are usual"
