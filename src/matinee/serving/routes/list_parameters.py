"""What may be asked of a list, in a query string or in a body."""

from typing import Annotated, Self
from urllib.parse import parse_qsl

from fastapi import Depends, Query
from pydantic import Field, ValidationError

from matinee.clients.schemas.fields import (
    MAX_CURSOR,
    MAX_FILTER_GENRES,
    MAX_FILTER_MOVIES,
    MAX_K,
    MAX_NOT_SHOWN_DAYS,
    Diversity,
    Id,
    Language,
    Rarity,
    Year,
)
from matinee.clients.schemas.recommendations import ListOptions, Session, UserListOptions
from matinee.clients.schemas.watch_lists import WatchListUse
from matinee.ranking import Filters, ListRequest

K = Annotated[int, Query(ge=1, le=MAX_K, description="Length of the list.")]
Genres = Annotated[list[str], Query(max_length=MAX_FILTER_GENRES)]
Movies = Annotated[list[Id], Query(max_length=MAX_FILTER_MOVIES)]


async def _filters(
    genre: Annotated[Genres, Query(description="Only movies of this genre, or of any of several; empty for all.")] = [],  # noqa: B006  FastAPI reads it
    exclude_genre: Annotated[Genres, Query(description="No movie of this genre, nor of any of several.")] = [],  # noqa: B006
    exclude_movie: Annotated[Movies, Query(description="Not this movie, nor any of several.")] = [],  # noqa: B006
    only_movie: Annotated[Movies, Query(description="Only this movie, or several; without it, all.")] = [],  # noqa: B006
    year_from: Annotated[Year | None, Query(description="Only movies of this year or later.")] = None,
    year_to: Annotated[Year | None, Query(description="Only movies of this year or earlier.")] = None,
    watchlist: Annotated[
        WatchListUse, Query(description="Leave out the user's watch list, or take from it alone.")
    ] = "include",
) -> Filters:
    only = tuple(only_movie) or None
    return Filters(
        _named(genre), year_from, year_to, _named(exclude_genre), tuple(exclude_movie), only, watch_list=watchlist
    )


PageCursor = Annotated[
    str | None,
    Query(
        max_length=MAX_CURSOR,
        description="Read the list page by page: empty for the first page, then `next_cursor` of the page before.",
    ),
]
NotShownDays = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAX_NOT_SHOWN_DAYS,
        description="Leave out what the user was shown in so many days, and of which nothing was heard since.",
    ),
]
Filtered = Annotated[Filters, Depends(_filters)]


async def _wanted(
    filters: Filtered,
    k: K = 10,
    *,
    exclude_seen: Annotated[bool, Query(description="Leave out what the user has rated.")] = True,
    reasons: Annotated[bool, Query(description="Tell which of the user's ratings speaks most for each movie.")] = True,
    lang: Annotated[Language, Query(description="Language of the reasons.")] = "en",
    rarity: Annotated[Rarity, Query(description="From -1, popular movies, over 0, as the model ranks, to 1.")] = 0.0,
    diversity: Annotated[Diversity, Query(description="From 0, as the model ranks, to 1, unlike movies.")] = 0.0,
) -> ListRequest:
    return ListRequest(
        k=k,
        filters=filters,
        exclude_seen=exclude_seen,
        reasons=reasons,
        language=lang,
        rarity=rarity,
        diversity=diversity,
    )


Wanted = Annotated[ListRequest, Depends(_wanted)]
"""A list without its user, nor the candidates of any one model."""


class ListQuery(UserListOptions, extra="ignore"):
    """The same, read from a query string in one step: through the framework it costs as much as the list itself."""

    k: Annotated[int, Field(ge=1, le=MAX_K)] = 10

    @classmethod
    def read(cls, query_string: bytes) -> Self | None:
        """What a query string asks for; None where it is not valid, which the framework puts into words."""
        single: dict[str, str] = {}
        several: dict[str, list[str]] = {}
        for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):  # as Starlette does
            if name in _SEVERAL:
                several.setdefault(name, []).append(value)
            else:
                single[name] = value
        try:
            return cls.model_validate(single | several)
        except ValidationError:
            return None


_SEVERAL = ("genre", "exclude_genre", "exclude_movie", "only_movie")


def wanted_of(asked: Session | ListQuery) -> ListRequest:
    """A list of a body, or of a query string that was read, without its user, nor the candidates of any one model."""
    return ListRequest(
        k=asked.k,
        filters=_filters_of(asked, asked.watchlist if isinstance(asked, ListQuery) else "include"),
        exclude_seen=asked.exclude_seen,
        reasons=asked.reasons,
        language=asked.lang,
        rarity=asked.rarity,
        diversity=asked.diversity,
    )


def _filters_of(asked: ListOptions, watch_list: WatchListUse) -> Filters:
    genres = [asked.genre] if isinstance(asked.genre, str) else asked.genre or ()
    return Filters(
        _named(genres),
        asked.year_from,
        asked.year_to,
        _named(asked.exclude_genre),
        asked.exclude_movie,
        asked.only_movie,
        watch_list,
    )


def _named(genres: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(genre for genre in genres if genre)
