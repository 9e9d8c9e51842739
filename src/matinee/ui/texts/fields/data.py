"""Texts of the page "Data"."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DataTexts:
    """Page "Data"."""

    title: str
    coverage: str
    coverage_hint: str
    too_few_lists: str
    coverage_offline: str
    coverage_offline_hint: str
    one_user: str
    none_yet: str
    not_usual: str
    verdicts: Mapping[str, str]
    """By verdict of the data watch."""

    per_day: str
    live: str
    newcomers: str
    drift: str
    drift_hint: str
    stars: str
    stars_hint: str
    from_the_second: str
    chunk: str
    day: str
    ratings: str
    kind: str
    count: str
    new_users: str
    new_movies: str
    distance: str
    rating_distance: str
    popularity_distance: str
    share: str
