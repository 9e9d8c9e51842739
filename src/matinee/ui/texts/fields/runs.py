"""Texts of runs of the pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RunTexts:
    """What can be started, how far it is, and what came of it."""

    advance: str
    roll_back: str
    nothing_to_roll_back: str
    promote: str
    nothing_to_promote: str
    confirm_advance: str
    confirm_roll_back: str
    confirm_promote: str
    reason: str
    do_advance: str
    do_roll_back: str
    do_promote: str
    last_run: str
    waits: str
    no_runs: str
    ended: str
    serves: str
    actions: Mapping[str, str]
    states: Mapping[str, str]
    steps: Mapping[str, str]
    outcomes: Mapping[str, str]
    left_out: str
    advice: Mapping[str, str]
    """By outcome: what to do now."""

    not_started: str
    server_said: str
    refusals: Mapping[str, str]
    """By code of a problem: why, and what to do."""
