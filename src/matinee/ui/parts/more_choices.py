"""More choices for a list, behind one click: genres, movies, the watch list, sliders, company."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from matinee.clients.schemas.fields import MAX_GROUP, Aggregation
from matinee.clients.schemas.recommendations import UserListOptions
from matinee.clients.schemas.watch_lists import WatchListUse
from matinee.ui.parts import address
from matinee.ui.parts.catalogue import genres_of
from matinee.ui.parts.left_out import find_another, movies_to_leave_out
from matinee.ui.parts.visit import Visit

RARITY: Mapping[str, float] = {"popular": -0.5, "usual": 0.0, "rare": 0.5}
DIVERSITY: Mapping[str, float] = {"usual": 0.0, "mixed": 0.5, "diverse": 1.0}
"""Places of the sliders by what the address calls them; `docs/lists.md` has what each costs and brings."""

WATCH_LIST: Mapping[str, WatchListUse] = {"usual": "include", "out": "exclude", "only": "only"}
AGGREGATION: Mapping[str, Aggregation] = {"usual": "least_misery", "average": "average"}

NAMES = ("genres", "without", "rarity", "diversity", "watchlist", "not", "with", "together")
"""In the address."""


MOST = 20
"""Genres, or movies, that may be chosen: all of them go along in the address."""


@dataclass(frozen=True)
class MoreChoices:
    """What is chosen besides a genre and years; empty for nothing."""

    genres: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    rarity: float = 0.0
    diversity: float = 0.0
    company: tuple[str, ...] = ()
    """Other users, who get one list with this one."""
    aggregation: Aggregation = "least_misery"
    """What counts in company."""
    watch_list: WatchListUse = "include"
    movies: tuple[str, ...] = ()
    """Ids of movies that are left out."""

    def options(self, genre: str | None, language: str) -> UserListOptions:
        """The same as the server is asked; any of `genre` and the other genres will do."""
        genres = tuple(dict.fromkeys([*([genre] if genre else []), *self.genres]))
        return UserListOptions(
            genre=genres if self.genres else None,
            exclude_genre=self.without,
            exclude_movie=self.movies,
            watchlist=self.watch_list,
            rarity=self.rarity,
            diversity=self.diversity,
            lang="ko" if language == "ko" else "en",
        )

    @property
    def count(self) -> int:
        """How many of them are made."""
        made = (self.genres, self.without, self.rarity, self.diversity, self.company, self.movies)
        return sum(map(bool, made)) + (self.watch_list != "include")


NO_MORE = MoreChoices()


def choose_more(visit: Visit) -> MoreChoices:
    """The choices, which always show what the address says, closed until somebody opens them."""
    genres, titles, texts = genres_of(visit.url), movies_to_leave_out(visit.url, MOST), visit.texts.movies
    chosen = MoreChoices(
        address.several_of("genres", genres)[:MOST],
        address.several_of("without", genres)[:MOST],
        RARITY.get(address.read("rarity"), 0.0),
        DIVERSITY.get(address.read("diversity"), 0.0),
        _company(visit.user_id),
        AGGREGATION.get(address.read("together"), "least_misery"),
        WATCH_LIST.get(address.read("watchlist"), "include"),
        address.several_of("not", list(titles))[:MOST],
    )

    def genre_name(genre: str) -> str:
        return visit.texts.common.genres.get(genre, genre)

    label = texts.more_choices_made.format(count=chosen.count) if chosen.count else texts.more_choices
    with st.expander(label, icon=":material/tune:", key="more-choices"):
        left, right = st.columns(2)
        with left:
            _several("genres", texts.genres, texts.all_genres, genres, chosen.genres, genre_name)
            _one_of("rarity", texts.rarity, texts.rarities)
            _one_of("watchlist", texts.watch_list, texts.watch_list_uses)
            _with_others(texts.company, texts.company_hint, chosen.company)
        with right:
            _several("without", texts.without_genres, texts.no_genre, genres, chosen.without, genre_name)
            _one_of("diversity", texts.diversity, texts.diversities)
            _several("not", texts.without_movies, texts.no_movie, list(titles), chosen.movies, titles.__getitem__)
            if len(chosen.movies) < MOST:
                find_another(visit, chosen.movies)
            if chosen.company:
                _one_of("together", texts.aggregation, texts.aggregations)
    return chosen


def clear_more() -> None:
    """Take all choices out of the address."""
    for name in NAMES:
        address.choose(name, None)


def _several(
    name: str,
    label: str,
    placeholder: str,
    options: list[str],
    chosen: tuple[str, ...],
    written: Callable[[str], str],
) -> None:
    st.session_state[name] = list(chosen)
    st.multiselect(
        label,
        options,
        format_func=written,
        placeholder=placeholder,
        key=name,
        max_selections=MOST,
        on_change=lambda: address.choose(name, address.SEPARATOR.join(st.session_state[name]) or None),
    )


def _one_of(name: str, label: str, words: Mapping[str, str]) -> None:
    asked = address.read(name)
    st.session_state[name] = asked if asked in words else "usual"
    st.segmented_control(
        label,
        list(words),
        format_func=words.__getitem__,
        key=name,
        required=True,
        on_change=lambda: address.choose(name, None if st.session_state[name] == "usual" else st.session_state[name]),
    )


def _with_others(label: str, hint: str, chosen: tuple[str, ...]) -> None:
    st.session_state["with"] = ", ".join(chosen)
    st.text_input(
        label, placeholder=hint, key="with", on_change=lambda: address.choose("with", st.session_state["with"] or None)
    )


def _company(user_id: str) -> tuple[str, ...]:
    """Users in the address besides this one, no more than fit into a group."""
    named = [each.strip() for each in address.read("with").split(",")]
    return tuple(each for each in dict.fromkeys(named) if each and each != user_id)[: MAX_GROUP - 1]
