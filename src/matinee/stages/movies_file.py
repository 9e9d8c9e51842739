"""Movies that the movies file hides, retires or lists again: each day's run records what is new about them.

They go into the history of the catalogue (`ratings.movie_changes`), from where every server takes them, like what is
changed by hand, which goes before them.
"""

from collections.abc import Iterator

from matinee.catalogue.changes import ChangedMovie, MovieStatus
from matinee.ratings.movie_changes import Change, MovieChange, MovieChanges
from matinee.ratings.sources.source import Source
from matinee.settings import Settings

WHO = "movies file"


def record_statuses(settings: Settings, source: Source) -> int:
    """Record what the file of a source says otherwise than what counts; returns of how many movies."""
    statuses, changes = source.statuses(), MovieChanges(settings)
    last = {each.movie.movie_id: each for each in changes.history()}
    ours = statuses.keys() | {movie_id for movie_id, change in last.items() if change.who == WHO}
    found = list(_new(source, statuses, last, ours)) if ours else []
    if found:
        changes.record_all(found, WHO)
    return len(found)


def _new(
    source: Source, statuses: dict[str, MovieStatus], last: dict[str, MovieChange], ours: set[str]
) -> Iterator[tuple[Change, ChangedMovie]]:
    """What is to be recorded; a movie that somebody has changed by hand stays as they said."""
    for movie_id, title, year, genres in source.movies().iter_rows():
        before = last.get(movie_id)
        if movie_id not in ours or (before is not None and before.who != WHO):
            continue
        movie = ChangedMovie(movie_id, title, year, tuple(genres), statuses.get(movie_id, "listed"))
        if before is None or before.movie != movie:
            yield _what("listed" if before is None else before.movie.status, movie.status), movie


def _what(before: MovieStatus, after: MovieStatus) -> Change:
    if before == after:
        return "changed"
    return "shown" if after == "listed" else after
