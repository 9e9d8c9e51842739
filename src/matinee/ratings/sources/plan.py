"""What follows from a look at one's files: the settings that would be written, and what somebody should know first."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matinee.errors import UsageError
from matinee.ratings.importing.columns import movies_vocabulary, ratings_vocabulary
from matinee.ratings.importing.opening import open_table
from matinee.ratings.scale import ANY_POSITIVE, FIVE_STARS, Scale
from matinee.ratings.sources.own import find_own
from matinee.ratings.sources.survey import FoundScale, Survey, survey
from matinee.ratings.sources.unusable import LOUD, unusable_sentence
from matinee.settings import Settings

_FOUR_STARS: float = Settings.model_fields["positive_rating"].default

_DATES_COST = (
    "All times are dates without a time of day. What somebody rated in one day counts as rated at once, so what follows"
    " what is learned less well, and a second rating of a movie on one day cannot be used (same_user_movie_and_time)."
)


@dataclass(frozen=True)
class ImportPlan:
    """A look at files, and what would be written to `.env`."""

    found: Survey
    settings: Mapping[str, str]
    """Names of variables and their values; an empty one is unset."""

    notes: Sequence[str]
    """What somebody should know before accepting, a sentence or two each."""


def plan_import(
    files: Sequence[Path],
    movies: Path | None,
    columns: Mapping[str, str],
    settings: Settings,
    written: Mapping[str, Any],
    scale: str = "auto",
    event: str = "",
) -> ImportPlan:
    """Look at files and say what follows; nothing is written.

    Args:
        files: files or a folder of ratings; one that holds movies goes for `movies`.
        movies: the file of movies, where it is not among `files`.
        columns: our names of columns, and the files'.
        settings: what holds now.
        written: variables that `.env` has now.
        scale: of the ratings (`MATINEE_RATING_SCALE`); `auto` finds it.
        event: what a row is that does not say so itself (`MATINEE_EVENT`).

    Raises:
        UsageError: a file does not exist, there are several of movies or none of ratings, or no such column.
        BadData: a file cannot be read, or no rating is usable.
    """
    ratings, movies = _parted([path.expanduser().absolute() for path in files], movies)
    said = ",".join(f"{ours}={theirs}" for ours, theirs in columns.items())
    data = os.pathsep.join(str(path) for path in ratings)
    looked_at = {"data": data, "movies": movies, "columns": said, "rating_scale": scale, "event": event}
    found = survey(find_own(settings.model_copy(update=looked_at)))
    _require_used(columns, found)
    values = {
        "MATINEE_DATA": data,
        "MATINEE_MOVIES": str(movies or ""),
        "MATINEE_COLUMNS": said,
        "MATINEE_EVENT": event,
        "MATINEE_RATING_SCALE": found.scale.likely,
        "MATINEE_POSITIVE_RATING": f"{liked_from(found.scale):g}",
    }
    idle = {
        "MATINEE_MOVIES": "",
        "MATINEE_COLUMNS": "",
        "MATINEE_EVENT": "",
        "MATINEE_RATING_SCALE": str(FIVE_STARS),
        "MATINEE_POSITIVE_RATING": f"{_FOUR_STARS:g}",
    }
    needed = {name: value for name, value in values.items() if name in written or value != idle.get(name)}
    return ImportPlan(found, needed, list(_notes(found, needed, is_declared=scale != "auto")))


def liked_from(scale: FoundScale) -> float:
    """The rating from which on somebody liked a movie: four of five stars, seven of ten points, the top of less."""
    if scale.n_values == 0:
        return _FOUR_STARS
    if scale.n_values == 1 or scale.highest < _FOUR_STARS:
        return scale.highest
    top = Scale.parse(scale.likely).highest
    return {10.0: 7.0, 100.0: 70.0}.get(top, _FOUR_STARS)


def _parted(files: Sequence[Path], movies: Path | None) -> tuple[list[Path], Path | None]:
    """The files of ratings, and the one of movies."""
    for path in [*files, *([movies] if movies else [])]:
        if not path.exists():
            raise UsageError(f"There is no file {path}.", "Correct its name.")
    of_movies = [path for path in files if len(files) > 1 and _holds_movies(path)]
    ratings = [path for path in files if path not in of_movies]
    found = [*of_movies, *([movies.expanduser().absolute()] if movies else [])]
    if not ratings or len(found) > 1:
        what = "None of the files has ratings." if not ratings else "Several of the files have movies."
        raise UsageError(what, "Name files of ratings, and at most one of movies: --movies FILE.")
    return ratings, found[0] if found else None


def _holds_movies(path: Path) -> bool:
    """Whether a file has titles and no users."""
    if path.is_dir():
        return False
    has = set(open_table(path, movies_vocabulary()).columns)
    return {"movie_id", "title"} <= has and "user_id" not in open_table(path, ratings_vocabulary()).columns


def _require_used(columns: Mapping[str, str], found: Survey) -> None:
    of_movies = found.movies.columns if found.movies else {}
    for ours, theirs in columns.items():
        if theirs not in (found.ratings.columns.get(ours), of_movies.get(ours)):
            has = [*found.ratings.columns.values(), *found.ratings.ignored]
            raise UsageError(f"No file has a column {theirs!r} that is {ours}.", f"There are: {', '.join(has)[:200]}.")


def _notes(found: Survey, needed: Mapping[str, str], *, is_declared: bool) -> Iterator[str]:
    for file in filter(None, (found.ratings, found.movies)):
        if said := unusable_sentence(Path(file.path).name, file.n_rows, file.reasons):
            yield said
    yield from _scale_notes(found, is_declared=is_declared)
    if found.has_only_dates:
        yield _DATES_COST
    if found.untitled > LOUD:
        yield f"{found.untitled:.0%} of the rated movies have no title and are shown by their id: add --movies FILE."
    for name in sorted(needed.keys() & os.environ.keys()):
        if os.environ[name] != needed[name]:
            yield f"{name} is set in the environment, which goes before .env: unset it."


def _scale_notes(found: Survey, *, is_declared: bool) -> Iterator[str]:
    """Which ratings are not used; values of other events are not on the scale."""
    if "rating" not in found.events:
        return
    used = Scale.parse(found.scale.likely)
    if not is_declared:
        used = Scale(min(used.lowest, ANY_POSITIVE.lowest), max(used.highest, ANY_POSITIVE.highest))
    if found.scale.highest > used.highest:
        yield (
            f"Ratings go up to {found.scale.highest:g}, and those above {used.highest:g} are not used. If they are how"
            f" often somebody watched, say so: --event watch. If they are ratings: --scale 0-{found.scale.highest:g}."
        )
    if found.scale.lowest < used.lowest:
        yield (
            f"Ratings go down to {found.scale.lowest:g}, and those below {used.lowest:g} are not used. If they are"
            f" ratings, say so: --scale {found.scale.lowest:g}-{max(found.scale.highest, used.highest):g}."
        )
