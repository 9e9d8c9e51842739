"""Texts of every page."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CommonTexts:
    """Every page: the language, what went wrong, and names of things."""

    language: str
    skip: str
    stars: str
    star: str
    thumb_down: str
    thumb_up: str
    put_on_list: str
    take_off_list: str
    hide: str
    labels: Mapping[str, str]
    """By what Streamlit calls one of its own buttons, for screen readers."""

    loading: str
    needs_script: str
    no_page: str
    unreachable: str
    refused: str
    details: str
    try_again: str
    broken: str
    policies: Mapping[str, str]
    """By policy of a list: a name short enough for a badge."""

    genres: Mapping[str, str]
    """By name of a MovieLens genre."""
