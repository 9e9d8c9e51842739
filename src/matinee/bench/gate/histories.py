"""Histories of daily looks: real paired differences of named pairs, shifted to a true effect, whole users resampled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from matinee.bench.gate.timeline import DAYS, Timeline
from matinee.evaluation.evaluate import Contender, evaluate
from matinee.evaluation.evidence import Differences, level
from matinee.evaluation.gate import METRIC, WIN_LEVEL, is_damaged
from matinee.evaluation.looks import first_better
from matinee.models.base import fit, recommender

if TYPE_CHECKING:
    from matinee.bench.gate.walk import Walk

TUNED_ON = (("blend", "ease"), ("als", "ease"), ("blend", "als"))
"""Challenger and champion of the pairs on which the rule's parameters were chosen (days as clusters, `MIN_DAYS`)."""

HELD_OUT = (("item_knn", "als"), ("popular", "item_knn"), ("next_item", "ease"))
"""Pairs of which the error rates are told. They were looked at once, when `MIN_DAYS` was found to be too few."""

SHORT_PAIRS = HELD_OUT[:2]

EFFECTS = {"equal": 0.0, "-5%": -0.05, "+5%": 0.05, "+10%": 0.10, "+25%": 0.25}
"""True differences, relative to the champion's mean."""

REFITS = 5
"""How often the models of a pair are fitted on the timeline; between two fits they age alike."""

N_HISTORIES, N_SHORT = 300, 60
LEVEL = level(WIN_LEVEL, 1)
"""What the default, one challenger, may spend."""


@dataclass(frozen=True)
class Looks:
    """Looks at one pair with one true effect."""

    data: str
    pair: str
    is_held_out: bool
    effect: str
    days: Sequence[float]
    """Day of promotion of each history; infinite where it never came."""


def of_pairs(timeline: Timeline, short: bool) -> list[Looks]:  # noqa: FBT001  mapped over a pool of processes
    """All pairs with all effects."""
    pairs = SHORT_PAIRS if short else (*HELD_OUT, *TUNED_ON)
    values = _values(timeline, sorted({name for pair in pairs for name in pair}))
    return [each for pair in pairs for each in _of_pair(timeline.name, pair, values, N_SHORT if short else N_HISTORIES)]


def _of_pair(data: str, pair: tuple[str, str], values: pl.DataFrame, n_histories: int) -> Iterator[Looks]:
    challenger, champion = (values[name].to_numpy() for name in pair)
    users = values["user_id"].cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
    days, random = values["day"].to_numpy(), np.random.default_rng(1)
    for effect, size in EFFECTS.items():
        shifted = challenger - champion
        shifted = shifted - shifted.mean() + size * champion.mean()
        all_of_it = Differences(shifted, users, days)
        found = [_day_of(resampled(all_of_it, random)) for _ in range(n_histories)]
        yield Looks(data, "/".join(pair), pair in HELD_OUT, effect, found)


def resampled(differences: Differences, random: np.random.Generator) -> Differences:
    """As many users drawn with replacement, each with all that they did on the days on which they did it."""
    order = np.argsort(differences.users, kind="stable")
    _, starts, counts = np.unique(differences.users[order], return_index=True, return_counts=True)
    drawn = random.integers(len(starts), size=len(starts))
    users = np.repeat(np.arange(len(drawn)), counts[drawn])
    places = np.arange(len(users)) - np.repeat(np.cumsum(counts[drawn]) - counts[drawn], counts[drawn])
    rows = order[starts[drawn][users] + places]
    by_day = np.argsort(differences.days[rows], kind="stable")
    rows = rows[by_day]
    return Differences(differences.values[rows], users[by_day], differences.days[rows])


def _day_of(history: Differences) -> float:
    """The day on which the challenger is promoted, of `DAYS` looks; infinite for never."""
    day = first_better(history, LEVEL)
    return inf if day is None else float(day) + 1


def _values(timeline: Timeline, models: Sequence[str]) -> pl.DataFrame:
    """NDCG@10 of each model for each user and day, `user_id, day, …`; kept for the next time."""
    path = timeline.cache / f"gate-{timeline.name}-{'-'.join(models)}.parquet"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.concat(_days(timeline, models)).write_parquet(path)
    return pl.read_parquet(path)


def _days(timeline: Timeline, models: Sequence[str]) -> Iterator[pl.DataFrame]:
    fitted: dict[str, Contender] = {}
    for day in range(DAYS):
        split = timeline.split(day)
        if day % (DAYS // REFITS) == 0:
            known = timeline.interactions(split.past, timeline.begins(day))
            for name in models:
                model = fit(recommender(name), known).ranking_model()
                fitted[name] = Contender.of(model, known.user_ids, known.movie_ids)
        users = timeline.cases(split)
        if users:
            values = {name: evaluate(each, users)[METRIC] for name, each in fitted.items()}
            yield pl.DataFrame({"user_id": [each.user_id for each in users], **values}).with_columns(day=pl.lit(day))


def summary(found: Sequence[Looks]) -> dict[str, Any]:
    """Worst rates of the held-out pairs, and for each effect the days of all their histories together."""
    told = [each for each in found if each.is_held_out]
    wins = {name: max(_ever(each.days) for each in told if each.effect == name) for name in EFFECTS}
    days = {name: _quantiles([day for each in told if each.effect == name for day in each.days]) for name in EFFECTS}
    pairs = [
        {"data": each.data, "pair": each.pair, "is_held_out": each.is_held_out, "effect": each.effect,
         "promoted": _ever(each.days), "days": _quantiles(each.days)}
        for each in found
    ]  # fmt: skip
    return {
        "equal_promoted": wins["equal"],
        "worse_promoted": wins["-5%"],
        "days_until": {name: days[name] for name in ("+5%", "+10%", "+25%")},
        "pairs": pairs,
    }


def _ever(days: Sequence[float]) -> float:
    return float(np.isfinite(days).mean())


def _quantiles(days: Sequence[float]) -> list[float | None]:
    """Median and 80th percentile; None where so many never end."""
    found = (float(np.quantile(days, share, method="higher")) for share in (0.5, 0.8))
    return [day if np.isfinite(day) else None for day in found]


def false_rollbacks(walks: "Sequence[Walk]", *, short: bool) -> float:
    """Share of histories of `DAYS` days in which a version that is no worse than the one before is rolled back.

    Differences of neighbours on the day after, centred for each walk, whole users resampled, days in order and begun
    again where a walk is shorter than a history. The worst of all walks.
    """
    random, n_histories = np.random.default_rng(1), N_SHORT if short else N_HISTORIES
    rates = [0.0]
    for each in walks:
        values = np.array([value for day in each.days for value in day.newer_minus_older])
        users = np.unique([user for day in each.days for user in day.users], return_inverse=True)[1]
        days = np.repeat(np.arange(len(each.days)), [len(day.users) for day in each.days])
        if len(values):
            centred = Differences(values - values.mean(), users, days)
            rates.append(float(np.mean([_is_rolled_back(centred, random) for _ in range(n_histories)])))
    return max(rates)


def _is_rolled_back(differences: Differences, random: np.random.Generator) -> bool:
    n_days = int(differences.days.max()) + 1
    for start in range(0, DAYS, n_days):
        history = resampled(differences, random)
        for day in range(min(n_days, DAYS - start)):
            if is_damaged(history.values[history.days == day]):
                return True
    return False
