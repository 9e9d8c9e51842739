"""More choices for a list, behind one click: several genres, none of some, rarer or more different movies, company."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from matinee.clients.schemas.fields import MAX_GROUP
from matinee.clients.schemas.recommendations import ListOptions
from matinee.ui.parts import address
from matinee.ui.parts.catalogue import genres_of
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts

RARITY: Mapping[str, float] = {"popular": -0.5, "usual": 0.0, "rare": 0.5}
DIVERSITY: Mapping[str, float] = {"usual": 0.0, "mixed": 0.5, "diverse": 1.0}
"""Places of the sliders by what the address calls them; `docs/lists.md` has what each costs and brings."""

NAMES = ("genres", "without", "rarity", "diversity", "with")
"""In the address."""


@dataclass(frozen=True)
class MoreChoices:
    """What is chosen besides a genre and years; empty for nothing."""

    genres: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    rarity: float = 0.0
    diversity: float = 0.0
    company: tuple[str, ...] = ()
    """Other users, who get one list with this one."""

    def options(self, genre: str | None, language: str) -> ListOptions:
        """The same as the server is asked; any of `genre` and the other genres will do."""
        genres = tuple(dict.fromkeys([*([genre] if genre else []), *self.genres]))
        return ListOptions(
            genre=genres if self.genres else None,
            exclude_genre=self.without,
            rarity=self.rarity,
            diversity=self.diversity,
            lang="ko" if language == "ko" else "en",
        )

    @property
    def count(self) -> int:
        """How many of them are made."""
        return sum(map(bool, (self.genres, self.without, self.rarity, self.diversity, self.company)))


NO_MORE = MoreChoices()


def choose_more(visit: Visit) -> MoreChoices:
    """The choices, which always show what the address says, closed until somebody opens them."""
    genres, texts = genres_of(visit.url), visit.texts.movies
    chosen = MoreChoices(
        address.several_of("genres", genres),
        address.several_of("without", genres),
        RARITY.get(address.read("rarity"), 0.0),
        DIVERSITY.get(address.read("diversity"), 0.0),
        _company(visit.user_id),
    )
    label = texts.more_choices_made.format(count=chosen.count) if chosen.count else texts.more_choices
    with st.expander(label, icon=":material/tune:", key="more-choices"):
        left, right = st.columns(2)
        with left:
            _several("genres", texts.genres, texts.all_genres, genres, chosen.genres, visit.texts)
            _one_of("rarity", texts.rarity, texts.rarities, RARITY)
            _with_others(texts.company, texts.company_hint, chosen.company)
        with right:
            _several("without", texts.without_genres, texts.no_genre, genres, chosen.without, visit.texts)
            _one_of("diversity", texts.diversity, texts.diversities, DIVERSITY)
    return chosen


def clear_more() -> None:
    """Take all choices out of the address."""
    for name in NAMES:
        address.write(name, None)


def _several(
    name: str, label: str, placeholder: str, options: list[str], chosen: tuple[str, ...], texts: Texts
) -> None:
    st.session_state[name] = list(chosen)
    st.multiselect(
        label,
        options,
        format_func=lambda genre: texts.common.genres.get(genre, genre),
        placeholder=placeholder,
        key=name,
        on_change=lambda: address.write(name, address.SEPARATOR.join(st.session_state[name]) or None),
    )


def _one_of(name: str, label: str, words: Mapping[str, str], places: Mapping[str, float]) -> None:
    asked = address.read(name)
    st.session_state[name] = asked if asked in places else "usual"
    st.segmented_control(
        label,
        list(places),
        format_func=words.__getitem__,
        key=name,
        required=True,
        on_change=lambda: address.write(name, None if st.session_state[name] == "usual" else st.session_state[name]),
    )


def _with_others(label: str, hint: str, chosen: tuple[str, ...]) -> None:
    st.session_state["with"] = ", ".join(chosen)
    st.text_input(
        label, placeholder=hint, key="with", on_change=lambda: address.write("with", st.session_state["with"] or None)
    )


def _company(user_id: str) -> tuple[str, ...]:
    """Users in the address besides this one, no more than fit into a group."""
    named = [each.strip() for each in address.read("with").split(",")]
    return tuple(each for each in dict.fromkeys(named) if each and each != user_id)[: MAX_GROUP - 1]
