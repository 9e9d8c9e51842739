"""The address of the page: whoever opens a link sees what its sender saw.

What is unknown or missing in an address falls back to a default; nothing in it is ever an error.
"""

import re

import streamlit as st

EVERYWHERE = ("lang", "user")
"""What goes along from page to page; the rest belongs to one page."""

SEPARATOR = "|"
"""Between several values of one name; no genre has it, because it separates genres in files too."""

_CHOSEN = "chosen_addresses"

_YEARS = re.compile(r"(\d{1,4})-(\d{1,4})")


def read(name: str) -> str:
    """What the address says; empty when it says nothing."""
    value: str = st.query_params.get(name, "")
    return value


def write(name: str, value: str | None) -> None:
    """Put something into the address, or take it out with None; nothing happens when it is there already."""
    if value is None:
        st.query_params.pop(name, None)
    elif name not in st.query_params or st.query_params[name] != value:
        st.query_params[name] = value


def choose(name: str, value: str | None) -> None:
    """Put what somebody has just chosen into the address: the callback of every control that shows what it says.

    The page also runs a part of itself every few seconds. When such a run brings the choice along, it is the run that
    calls back, and the run of the whole page, which follows, still comes with the address of before: `settle` there.
    """
    write(name, value)
    st.session_state.setdefault(_CHOSEN, {})[name] = value


def settle() -> None:
    """Put into the address what was chosen since the last run of the whole page, if it is not there."""
    for name, value in st.session_state.pop(_CHOSEN, {}).items():
        write(name, value)


def link(**more: str) -> dict[str, str]:
    """Query of a link to a page of this visit."""
    along = {name: st.query_params[name] for name in EVERYWHERE if name in st.query_params}
    return along | more


def several_of(name: str, known: list[str]) -> tuple[str, ...]:
    """What the address lists, as far as it is known, each once."""
    return tuple(each for each in dict.fromkeys(read(name).split(SEPARATOR)) if each in known)


def years() -> tuple[int, int] | None:
    """First and last year of the address, such as `years=1990-1999`; None when it has none that make sense."""
    found = _YEARS.fullmatch(read("years"))
    if found is None:
        return None
    first, last = int(found[1]), int(found[2])
    return (first, last) if first <= last else None


def one_of(name: str, known: list[str]) -> str | None:
    """What the address says, if it is known."""
    value = read(name)
    return value if value in known else None
