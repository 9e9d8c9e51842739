"""Which movies a list may hold: a genre and years, both in the address."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from matinee.clients.schemas.recommendations import Recommendations
from matinee.ui.parts import address
from matinee.ui.parts.catalogue import genres_of, years_of
from matinee.ui.parts.language import code
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.more_choices import NO_MORE, MoreChoices, clear_more
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts


@dataclass(frozen=True)
class ListFilters:
    """What a list is limited to; None for no limit, which also takes in movies without a year."""

    genre: str | None = None
    years: tuple[int, int] | None = None
    more: MoreChoices = NO_MORE


def choose_filters(visit: Visit) -> ListFilters:
    """Two lists to choose from, which always show what the address says."""
    genres = genres_of(visit.url)
    chosen = ListFilters(address.one_of("genre", genres), address.years())
    texts = visit.texts.movies
    _choice("genre", texts.genre, texts.all_genres, genres, chosen.genre, lambda name: _genre(visit.texts, name))
    decades = _decades(visit.url)
    years = None if chosen.years is None else f"{chosen.years[0]}-{chosen.years[1]}"
    if years is not None and years not in decades:
        decades = [years, *decades]
    _choice("years", texts.years, texts.all_years, decades, years, lambda text: _years(visit.texts, text))
    return chosen


def _choice(
    name: str, label: str, everything: str, options: list[str], chosen: str | None, written: Callable[[str], str]
) -> None:
    st.session_state[name] = chosen
    st.selectbox(
        label,
        options,
        index=None,
        format_func=written,
        placeholder=everything,
        key=name,
        label_visibility="collapsed",
        width=190,
        on_change=lambda: address.choose(name, st.session_state[name]),
    )


def _decades(url: str) -> list[str]:
    """Decades of the catalogue, the newest first, as the address writes them."""
    first, last = years_of(url)
    return [f"{start}-{start + 9}" for start in range(last // 10 * 10, first - 10, -10)] if first else []


def _genre(texts: Texts, name: str) -> str:
    return texts.common.genres.get(name, name)


def _years(texts: Texts, text: str) -> str:
    first, _, last = text.partition("-")
    is_decade = first.endswith("0") and int(last) == int(first) + 9
    return texts.movies.decade.format(first=first) if is_decade else f"{first}–{last}"


def asked(visit: Visit, filters: ListFilters, k: int, *, exclude_seen: bool = True) -> Recommendations:
    """The best `k` movies for the user, or for the user in company."""
    options = filters.more.options(filters.genre, code())
    if not filters.more.company:
        return visit.client.recommendations(
            visit.user_id, k, filters.genre, filters.years, exclude_seen=exclude_seen, options=options
        )
    first, last = filters.years or (None, None)
    genre = options.genre or filters.genre
    more = {"genre": genre, "year_from": first, "year_to": last, "exclude_seen": exclude_seen}
    together = [visit.user_id, *filters.more.company]
    how = filters.more.aggregation
    return visit.client.recommendations_for_group(together, k, how, options.model_copy(update=more))


def nothing_left(visit: Visit, filters: ListFilters) -> None:
    """Say why a list is empty, and offer what helps."""
    texts = visit.texts.movies
    if filters == ListFilters():
        st.info(texts.all_rated if visit.ratings else texts.no_movies)
        return
    any_movie = asked(visit, filters, 1, exclude_seen=False)
    sentence = texts.all_rated_here if any_movie.items else texts.nothing_matches
    st.info(sentence.format(filters=escaped(_described(visit.texts, filters))))
    st.button(texts.clear_filters, icon=":material/filter_alt_off:", on_click=_clear)


def _described(texts: Texts, filters: ListFilters) -> str:
    named = dict.fromkeys([*([filters.genre] if filters.genre else []), *filters.more.genres])
    genre = [_genre(texts, name) for name in named] + [f"- {_genre(texts, name)}" for name in filters.more.without]
    years = [] if filters.years is None else [_years(texts, f"{filters.years[0]}-{filters.years[1]}")]
    own = texts.movies.watch_list_described.get(filters.more.watch_list)
    return ", ".join([*genre, *years, *([own] if own else [])])


def _clear() -> None:
    address.choose("genre", None)
    address.choose("years", None)
    clear_more()
