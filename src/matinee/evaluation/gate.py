"""The gate: whether a candidate goes into production, and why, in writing.

A mean that rises by chance is no reason and one that falls by chance no alarm, so the gate looks at the paired
differences of the same users and at a bootstrap interval of their mean (Efron, 1979). Guardrails keep a model out that
is no worse on the whole but bad for some, or that shows everyone the same.
"""

from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from matinee.evaluation.backtest import CANDIDATE, INCUMBENT, POPULARITY
from matinee.evaluation.evaluate import segments
from matinee.settings import Settings

Verdict = Literal["promote", "reject"]
METRIC = "ndcg_at_10"
N_RESAMPLES = 2000
SEED = 1


class Rules(BaseModel):
    """What the gate asks for; every number is a setting."""

    model_config = ConfigDict(frozen=True)

    enabled: bool
    margin: float
    """How much worse than the incumbent, relative to it, the lower bound may lie."""
    confidence: float
    """Of the two-sided interval."""
    coverage: float
    """Least catalogue coverage, as a share of the incumbent's."""
    segment_margin: float
    """How much worse than the incumbent, relative to it, a segment may be."""
    segment_users: int
    """Users from which a segment says anything."""

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        """The rules that the settings ask for."""
        return cls(
            enabled=settings.gate == "on",
            margin=settings.gate_margin,
            confidence=settings.gate_confidence,
            coverage=settings.gate_coverage,
            segment_margin=settings.gate_segment_margin,
            segment_users=settings.gate_segment_users,
        )

    def __str__(self) -> str:
        if not self.enabled:
            return "the newest model that loads wins (MATINEE_GATE=off)"
        return (
            f"promote when the {self.confidence:.0%} interval of the paired NDCG@10 difference to the incumbent lies"
            f" above {-self.margin:.1%}, popularity is beaten, coverage is at least {self.coverage:.0%} of the"
            f" incumbent's and no segment of {self.segment_users} users is worse than {-self.segment_margin:.0%}"
        )


class Interval(BaseModel):
    """A difference relative to the incumbent's mean, with its bootstrap interval."""

    model_config = ConfigDict(frozen=True)

    mean: float
    low: float
    high: float


class Check(BaseModel):
    """One thing that was asked, and the answer."""

    model_config = ConfigDict(frozen=True)

    name: str
    passed: bool
    finding: str
    numbers: dict[str, float] = {}
    """What the finding says, for whoever says it in another language."""


class Decision(BaseModel):
    """The readable record of a verdict."""

    model_config = ConfigDict(frozen=True)

    rule: str
    verdict: Verdict
    reason: str
    checks: tuple[Check, ...] = ()
    numbers: dict[str, float] = {}


def decide(evidence: pl.DataFrame, incumbent_version: str | None, rules: Rules, *, must_improve: bool) -> Decision:
    """Verdict on a candidate that has proved to load.

    Args:
        evidence: `Backtest.per_user` of the newest chunk, and of earlier ones when it has few users. The values of
            earlier chunks are as honest, for each was the newest when it was evaluated.
        incumbent_version: what is in production; None when nothing is.
        rules: what to ask for.
        must_improve: the candidate has to be better, not only no worse; asked for after a rollback.
    """
    if not rules.enabled:
        return Decision(rule=str(rules), verdict="promote", reason="The gate is off; the newest model wins.")
    margin = 0.0 if must_improve else -rules.margin
    candidate, popularity = _of(evidence, CANDIDATE), _of(evidence, POPULARITY)
    checks = [_beats_popularity(candidate, popularity)]
    numbers = {"candidate": _mean(candidate), "popularity": _mean(popularity), "n_users": float(candidate.height)}
    compared = evidence.filter(pl.col("incumbent_version") == pl.lit(incumbent_version, pl.String))
    incumbent, own = _of(compared, INCUMBENT), _of(compared, CANDIDATE)
    if not incumbent.is_empty():
        difference = relative_difference(own, incumbent, rules.confidence)
        numbers |= {"incumbent": _mean(incumbent)} | {f"difference_{name}": value for name, value in difference}
        checks += [
            _not_worse(difference, margin, rules.confidence),
            _covers(own, incumbent, rules.coverage),
            *_segment_checks(own, incumbent, rules),
        ]
    if incumbent_version is None:
        reason = _sentence(f"no model is in production yet; {checks[0].finding}")
        return Decision(rule=str(rules), verdict="promote", reason=reason, checks=tuple(checks), numbers=numbers)
    broken = [check.finding for check in checks if not check.passed]
    reason = _sentence(
        "; ".join([*broken, "the model in production stays"] if broken else [c.finding for c in checks[:2]])
    )
    verdict: Verdict = "reject" if broken else "promote"
    return Decision(rule=str(rules), verdict=verdict, reason=reason, checks=tuple(checks), numbers=numbers)


def _of(evidence: pl.DataFrame, contender: str) -> pl.DataFrame:
    return evidence.filter(contender=contender)


def relative_difference(candidate: pl.DataFrame, incumbent: pl.DataFrame, confidence: float) -> Interval:
    """Paired difference of NDCG@10, relative to the incumbent's mean, with a percentile bootstrap interval."""
    own, other = _paired(candidate, incumbent)
    differences = own - other
    drawn = np.random.default_rng(SEED).integers(len(differences), size=(N_RESAMPLES, len(differences)))
    scale = max(float(other.mean()), np.finfo(float).eps)
    low, high = np.quantile(differences[drawn].mean(axis=1), [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(mean=float(differences.mean()) / scale, low=float(low) / scale, high=float(high) / scale)


def _paired(candidate: pl.DataFrame, incumbent: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    keys = ["chunk_id", "user_id"]
    both = candidate.select(*keys, METRIC).join(incumbent.select(*keys, METRIC), on=keys, validate="1:1")
    return both[METRIC].to_numpy(), both[f"{METRIC}_right"].to_numpy()


def _beats_popularity(candidate: pl.DataFrame, popularity: pl.DataFrame) -> Check:
    if candidate.is_empty():
        return Check(
            name="beats popularity",
            passed=False,
            finding="nobody in this chunk has both a history and a liked movie to test on",
        )
    own, baseline = _mean(candidate), _mean(popularity)
    relation = "above" if own > baseline else "not above"
    return Check(
        name="beats popularity",
        passed=own > baseline,
        finding=f"NDCG@10 {own:.4f} is {relation} popularity's {baseline:.4f} for {candidate.height} users",
        numbers={"candidate": own, "popularity": baseline, "n_users": candidate.height},
    )


def _not_worse(difference: Interval, margin: float, confidence: float) -> Check:
    passed = difference.low > margin
    return Check(
        name="not worse than the incumbent",
        passed=passed,
        finding=(
            f"the difference to the incumbent is {difference.mean:+.1%} ({confidence:.0%} interval"
            f" {difference.low:+.1%} to {difference.high:+.1%}, {'above' if passed else 'not above'} {margin:+.1%})"
        ),
        numbers={**dict(difference), "margin": margin, "confidence": confidence},
    )


def _covers(candidate: pl.DataFrame, incumbent: pl.DataFrame, share: float) -> Check:
    own, other = (users["recommended"].explode(empty_as_null=False).n_unique() for users in (candidate, incumbent))
    finding = f"the lists show {own} different movies, the incumbent's {other}"
    numbers = {"candidate": float(own), "incumbent": float(other)}
    return Check(name="coverage", passed=own >= share * other, finding=finding, numbers=numbers)


def _segment_checks(candidate: pl.DataFrame, incumbent: pl.DataFrame, rules: Rules) -> list[Check]:
    checks = []
    for name, users in segments(candidate).items():
        if name != "all" and users.height >= rules.segment_users:
            own, other = _paired(users, incumbent)
            relative = float((own.mean() - other.mean()) / max(other.mean(), np.finfo(float).eps))
            finding = f"{name} users are {relative:+.1%} against the incumbent"
            passed, numbers = relative >= -rules.segment_margin, {"difference": relative}
            checks.append(Check(name=f"segment {name}", passed=passed, finding=finding, numbers=numbers))
    return checks


def _mean(users: pl.DataFrame) -> float:
    return float(users[METRIC].to_numpy().mean()) if users.height else 0.0


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
