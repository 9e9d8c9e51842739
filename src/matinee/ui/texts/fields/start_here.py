"""Texts of the page "Start here"."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StartHereTexts:
    """Page "Start here"."""

    title: str
    welcome: str
    begin: str
    hint: str
    progress: str
    progress_counts: str
    ready: str
    ready_above: str
    more: str
