"""Ranked lists for people, and the anonymous history that one may be asked for."""

from typing import Annotated

from pydantic import Field

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import (
    MAX_BATCH,
    MAX_CURSOR,
    MAX_FILTER_GENRES,
    MAX_FILTER_MOVIES,
    MAX_K,
    MAX_NOT_SHOWN_DAYS,
    Aggregation,
    Answer,
    Diversity,
    Id,
    Instant,
    Language,
    Policy,
    Rarity,
    RequestBody,
    Stars,
    Year,
)
from matinee.clients.schemas.movies import RankedMovie
from matinee.clients.schemas.watch_lists import WatchListUse

Genres = Annotated[tuple[str, ...], Field(max_length=MAX_FILTER_GENRES)]
Movies = Annotated[tuple[Id, ...], Field(max_length=MAX_FILTER_MOVIES)]


class Recommendations(Answer, json_schema_extra=shown(examples.RECOMMENDATIONS)):
    """A ranked list, and how it was made.

    `policy` is `learned` when the model knew all of the user's history, `fold_in` when the list was computed from a
    history newer than the model, `popular` when neither was possible.
    """

    user_id: str | None
    policy: Policy
    model_version: str | None
    run_id: str | None
    request_id: str
    items: tuple[RankedMovie, ...]
    next_cursor: str | None = None
    """Where the list was asked for page by page: what to send for the next one; null after the last."""


class GroupRecommendations(Recommendations, json_schema_extra=shown(examples.GROUP_RECOMMENDATIONS)):
    """One list for several people; its `user_id` is null.

    For `least_misery` a movie counts as much as the member expects of it whom it suits least, for `average` as much as
    all expect in the mean. The reasons are ratings of the member who expects least, or most.
    """

    user_id: None = None
    users: tuple[str, ...]
    aggregation: Aggregation


class HistoryEntry(RequestBody):
    """A movie in an anonymous history; without a rating it counts as liked best."""

    movie_id: Id
    rating: Stars | None = None
    rated_at: Instant | None = None


class ListOptions(RequestBody):
    """Which list is wanted; in a query string, several of one kind are the parameter several times."""

    genre: str | Genres | None = None
    """One genre, or several of which a movie has any; empty for all."""
    exclude_genre: Genres = ()
    """A movie of any of them is left out."""
    exclude_movie: Movies = ()
    only_movie: Movies | None = None
    """Null for all; an empty array leaves none."""
    year_from: Year | None = None
    year_to: Year | None = None
    exclude_seen: bool = True
    reasons: bool = True
    lang: Language = "en"
    """Of the reasons."""
    rarity: Rarity = 0.0
    """From -1, popular movies, over 0, as the model ranks, to 1, rare ones."""
    diversity: Diversity = 0.0
    """From 0, as the model ranks, to 1, movies that are unlike each other."""
    cursor: Annotated[str, Field(max_length=MAX_CURSOR)] | None = None
    """Read the list page by page: empty for the first page, then `next_cursor` of the page before."""


class UserListOptions(ListOptions):
    """Which list of known users is wanted."""

    not_shown_days: Annotated[int, Field(ge=1, le=MAX_NOT_SHOWN_DAYS)] | None = None
    """Leave out what was shown in so many days, and of which nothing was heard since."""
    watchlist: WatchListUse = "include"
    """What becomes of the movies that a user wants to watch."""


class Session(ListOptions, json_schema_extra=shown(examples.SESSION)):
    """An anonymous history: the newest entry is the last one, or the latest when every entry has `rated_at`."""

    history: Annotated[tuple[HistoryEntry, ...], Field(max_length=MAX_BATCH)] = ()
    k: Annotated[int, Field(ge=1, le=MAX_K)] = 10
