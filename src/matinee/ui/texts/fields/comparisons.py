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
    seconds: str
    state: str
    states: Mapping[str, str]
    """By state of a challenger."""

    days_needed: str
    held: str
    resume: str
    confirm_resume: str
    do_resume: str
