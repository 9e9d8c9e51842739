"""Texts of what the doctor finds."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FindingTexts:
    """What is wrong, and all that was looked at."""

    well: str
    wrong: str
    names: Mapping[str, str]
    """By what was looked at (`doctor.examine`); programs have the same name in every language."""
