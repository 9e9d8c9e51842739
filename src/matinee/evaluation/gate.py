"""The gate: whether a candidate goes into production, and why, in writing."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

Verdict = Literal["promote", "reject"]

RULE = "promote the newest model that loads and beats popularity, or the first one"


class Decision(BaseModel):
    """The readable record of a verdict."""

    model_config = ConfigDict(frozen=True)

    rule: str
    verdict: Verdict
    reason: str
    numbers: dict[str, float]


def decide(metrics: Mapping[str, float], popularity: Mapping[str, float], *, has_production: bool) -> Decision:
    """Verdict on a candidate that has proved to load.

    Args:
        metrics: what `summarize` says of the candidate's evaluated twin.
        popularity: the same of all-time popularity, for the same users.
        has_production: whether a model is in production already.
    """
    own, baseline = metrics.get("ndcg_at_10"), popularity.get("ndcg_at_10")
    verdict: Verdict = "promote"
    if own is None or baseline is None:
        numbers = {}
        finding = "no user of this chunk has both a history and a liked movie to test on"
        beats = False
    else:
        numbers = {"ndcg_at_10": own, "popularity_ndcg_at_10": baseline}
        beats = own > baseline
        relation = "above" if beats else "not above"
        finding = f"NDCG@10 {own:.4f} is {relation} popularity's {baseline:.4f}"
    if not has_production:
        reason = f"It is the first model; {finding}."
    elif beats:
        reason = f"{finding[0].upper()}{finding[1:]}."
    else:
        verdict = "reject"
        reason = f"{finding[0].upper()}{finding[1:]}; the model in production stays."
    return Decision(rule=RULE, verdict=verdict, reason=reason, numbers=numbers)
