"""Sentences about what is compared day by day, for `matinee next`."""

from collections.abc import Iterator

from matinee.lifecycle.challengers import ChallengerStore, Standing
from matinee.lifecycle.freshness import FreshnessStore, GainOverAge, pooled
from matinee.settings import Settings


def sentences(settings: Settings) -> Iterator[str]:
    """How challengers do, and what a day of learning is worth, as far as it is known."""
    found = ChallengerStore(settings).all()
    yield from (of_challenger(each) for each in found if each.champion == found[0].champion)
    gains = pooled(FreshnessStore(settings).newest())
    if gains:
        yield of_freshness(gains)


def of_challenger(standing: Standing) -> str:
    """Where one stands."""
    known, name = standing.evidence, f"Challenger {standing.name}, through chunk {standing.chunk_id}"
    if standing.state in ("failed", "late"):
        return f"{name}: {standing.reason}"
    if known.difference is None:
        return f"{name}: nobody was compared yet."
    interval = "" if known.low is None or known.high is None else f" ({known.low:+.1%} to {known.high:+.1%})"
    told = f"{name}: {known.difference:+.1%}{interval} for {known.n_users} people."
    if standing.state == "won":
        return f"{told} It has shown to be better, and goes into production."
    if standing.state == "proposed":
        return f"{told} It has shown to be better: matinee promote {standing.version} --reason WHY."
    if known.days_needed is None:
        return f"{told} Not better; no end in sight."
    return f"{told} About {known.days_needed:.0f} more days like these would show that it is better."


def of_freshness(gains: list[GainOverAge]) -> str:
    """What learning is worth."""
    ages = {1: "the day before", 7: "7 days ago", 30: "30 days ago"}
    parts = [f"{each.difference:+.1%} on {ages[each.days]} ({each.low:+.1%} to {each.high:+.1%})" for each in gains]
    return f"What the newest ratings are worth: {', '.join(parts)}; {gains[0].n_users} people."
