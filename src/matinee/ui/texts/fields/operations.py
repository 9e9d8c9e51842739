"""Texts of the page "Operations": the versions and the chunks."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OperationsTexts:
    """Page "Operations", but for runs (`RunTexts`) and decisions (`DecisionTexts`)."""

    title: str
    in_production: str
    version: str
    since: str
    through: str
    nothing: str
    quality: str
    popularity: str
    airflow: str
    mlflow: str
    away: str
    timeline: str
    timeline_alt: str
    table: str
    choose_version: str
    model: str
    contenders: Mapping[str, str]
    """By metric: whose quality it is."""

    statuses: Mapping[str, str]
    """By version status (`parts.version_status`)."""

    compare: str
    compare_user: str
    compare_hint: str
    ledger: str
    chunk: str
    days: str
    ratings: str
    live: str
    quarantined: str
    why_quarantined: str
    quarantine: Mapping[str, str]
    """By reason (`ratings.importing.schema.QuarantineReason`)."""
