"""Texts of the page "Start here"."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StartHereTexts:
    """Page "Start here"."""

    title: str
    welcome: str
    welcome_back: str
    begin: str
    hint: str
    progress: str
    ready: str
    see_list: str
    more: str
