"""What may be asked of a list, in a query string or in a body."""

from typing import Annotated

from fastapi import Depends, Query

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
from matinee.clients.schemas.recommendations import Session
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


def wanted_of(session: Session) -> ListRequest:
    """The same of a body."""
    return ListRequest(
        k=session.k,
        filters=_filters_of(session),
        exclude_seen=session.exclude_seen,
        reasons=session.reasons,
        language=session.lang,
        rarity=session.rarity,
        diversity=session.diversity,
    )


def _filters_of(session: Session) -> Filters:
    genres = [session.genre] if isinstance(session.genre, str) else session.genre or ()
    return Filters(
        _named(genres),
        session.year_from,
        session.year_to,
        _named(session.exclude_genre),
        session.exclude_movie,
        session.only_movie,
    )


def _named(genres: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(genre for genre in genres if genre)
