"""Give a user the history that another service exported."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from matinee.cli.printing import print_json, stdout
from matinee.cli.settings import settings_of_command
from matinee.errors import UsageError

if TYPE_CHECKING:
    from matinee.ratings.feedback.store import NewRating
    from matinee.ratings.history.matching import MatchedHistory


def import_history(files: Sequence[Path], user_id: str, accepts: Callable[[str], bool | None], as_json: bool) -> None:  # noqa: FBT001
    """Find the movies of some exports in the catalogue, tell, ask, and send them as ratings of a user.

    Args:
        files: exports of Letterboxd, IMDb, Trakt or Netflix.
        user_id: whose history it is.
        accepts: asks a question; None where there is nobody to ask.
        as_json: print one object.
    """
    from matinee.clients.api import Client
    from matinee.clients.schemas.fields import MAX_BATCH
    from matinee.clients.schemas.ratings import Rating
    from matinee.ratings.fields import canonical_id, is_valid_id
    from matinee.ratings.history.exports import read_history
    from matinee.ratings.history.matching import match
    from matinee.ratings.sources.recorded_scale import scale_of
    from matinee.ratings.sources.source import prepare

    for path in files:
        if not path.is_file():
            raise UsageError(f"There is no file {path}.", "Correct its name.")
    user_id = canonical_id(user_id)
    if not is_valid_id(user_id):
        raise UsageError(f"{user_id!r} is not a valid id.", "Name a user: --as USER.")
    settings = settings_of_command()
    matched = match([read_history(path) for path in files], user_id, prepare(settings).movies(), scale_of(settings))
    if not as_json:
        _tell(matched, user_id)
    accepted = bool(matched.ratings) and accepts(f"Add these ratings to user {user_id}?")
    stored = 0
    if accepted:
        with Client(settings.api) as client:
            for start in range(0, len(matched.ratings), MAX_BATCH):
                batch = matched.ratings[start : start + MAX_BATCH]
                stored += client.rate(*(Rating.model_validate(_as_rating(each)) for each in batch)).stored
    if as_json:
        ratings = [_as_rating(each) for each in matched.ratings]
        print_json({**asdict(matched), "user_id": user_id, "ratings": ratings, "stored": stored if accepted else None})
    elif accepted is not None:
        stdout.print(f"{stored} ratings are new." if accepted else "Nothing was sent.")
    if accepted is None:
        raise UsageError("Nothing was sent, because there is nobody to ask.", "Accept with --yes.")


def _as_rating(each: "NewRating") -> dict[str, Any]:
    """As the API takes a rating."""
    return {name: value for name, value in asdict(each).items() if name != "event"}


def _tell(matched: "MatchedHistory", user_id: str) -> None:
    watched = f", {matched.n_watched} of them watched without a rating (4 stars)" if matched.n_watched else ""
    others = f" Rows that are no movies: {matched.n_other}." if matched.n_other else ""
    found = f"{len(matched.ratings)} movies are in the catalogue{watched}"
    stdout.print(escape(f"{', '.join(matched.services)}, for user {user_id}: {found}.{others}"), highlight=False)
    if matched.not_found:
        stdout.print(f"Not found, or more than one could be meant ({len(matched.not_found)}):", highlight=False)
        for title in matched.not_found:
            stdout.print(f"  {escape(title)}", highlight=False)
