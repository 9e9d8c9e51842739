"""Texts of challengers, and of a hold."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ComparisonTexts:
    """What is compared day by day, and how a hold ends."""

    title: str
    nothing: str
    hint: str
    name: str
    difference: str
    interval: str
    users: str
    group: str
    everybody: str
    segments: Mapping[str, str]
    """By segment of users."""

    seconds: str
    state: str
    states: Mapping[str, str]
    """By state of a challenger."""

    days_needed: str
    about: str
    no_end: str
    freshness: str
    freshness_hint: str
    freshness_older_better: str
    freshness_nothing: str
    freshness_alt: str
    age: str
    ages: Mapping[int, str]
    """By days."""

    gain: str
    chunks: str
    held: str
    resume: str
    confirm_resume: str
    do_resume: str
