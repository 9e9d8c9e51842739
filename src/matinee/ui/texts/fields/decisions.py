"""Texts of the gate's decisions."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DecisionTexts:
    """The decision on a version."""

    title: str
    verdict: str
    verdicts: Mapping[str, str]
    no_decision: str
    passed: str
    failed: str
    checks: Mapping[str, str]
    """By name of a check: a sentence with its numbers."""

    questions: Mapping[str, str]
    """By name of a question of the gate."""
    outcomes: Mapping[str, str]
    """By outcome of a question."""

    pooled: str
    """Why the gate's NDCG@10 differs from the one that is shown for the version."""
