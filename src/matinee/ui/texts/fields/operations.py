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
    gate_promoted: str
    hand_promoted: str
    rolled_back: str
    lift: str
    loses: str
    fresher: str
    fresher_by_a_day: str
    against_before: str
    may_be_equal: str
    newest_data: str
    few_users: str
    enough_users: str
    deployments: str
    until_now: str
    roll_back_to_this: str
    airflow: str
    mlflow: str
    away: str
    timeline: str
    timeline_hint: str
    timeline_alt: str
    baseline_wins: str
    lift_axis: str
    interval: str
    users: str
    status: str
    table: str
    choose_version: str
    model: str
    contenders: Mapping[str, str]
    """By metric: whose quality it is."""

    statuses: Mapping[str, str]
    """By version status (`parts.version_status`)."""

    compare: str
    compare_users: str
    compare_hint: str
    in_common: str
    rank_new: str
    compare_unknown: str
    ledger: str
    chunk: str
    days: str
    ratings: str
    live: str
    late: str
    quarantined: str
    why_quarantined: str
    quarantine: Mapping[str, str]
    """By reason (`ratings.importing.schema.QuarantineReason`)."""
