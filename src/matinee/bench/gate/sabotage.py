"""Ways in which a model or its data break, and whether the gate sees it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matinee.bench.gate.examination import Examination
from matinee.bench.gate.training import Trained, train
from matinee.bench.gate.watched import is_warned_of
from matinee.errors import BadData
from matinee.evaluation.split import Split

Arrays = dict[str, NDArray[Any]]
_LEARNED = ("weights", "item_factors", "user_factors")
_ROWS_OF_MOVIES = ("weights", "neighbours", "item_factors")


@dataclass(frozen=True)
class Caught:
    """What the gate said of a broken model."""

    name: str
    kind: str
    is_refused: bool
    days: int | None
    """Days until it was seen, 0 before promotion; None for never."""
    is_warned: bool | None = None
    """Whether the data watch warned of the chunk; None where it is the model that is broken."""


def _learned(arrays: Arrays) -> list[str]:
    """Names of the arrays that were learned; popularity where nothing else was."""
    named = [name for name in arrays if name.rsplit(".", 1)[-1] in _LEARNED]
    return named or ["popularity"]


def _zeroed(arrays: Arrays, _: np.random.Generator) -> Arrays:
    return arrays | {name: np.zeros_like(arrays[name]) for name in _learned(arrays)}


def _constant(arrays: Arrays, _: np.random.Generator) -> Arrays:
    return arrays | {name: np.ones_like(arrays[name]) for name in _learned(arrays)}


def _permuted(arrays: Arrays, random: np.random.Generator) -> Arrays:
    names = [name for name in arrays if name.rsplit(".", 1)[-1] in _ROWS_OF_MOVIES] or ["popularity"]
    return arrays | {name: arrays[name][random.permutation(len(arrays[name]))] for name in names}


def _half(arrays: Arrays, random: np.random.Generator) -> Arrays:
    """Half of the factors (columns), or half of the weights, are 0."""

    def halved(name: str) -> NDArray[Any]:
        array = arrays[name]
        if not name.endswith("factors"):
            return np.where(random.random(array.shape) < 0.5, 0, array).astype(array.dtype)
        lost = np.arange(array.shape[1]) % 2 == 0
        return np.where(lost, 0, array).astype(array.dtype)

    return arrays | {name: halved(name) for name in _learned(arrays)}


BREAKS: Mapping[str, Callable[[Arrays, np.random.Generator], Arrays]] = {
    "weights zeroed": _zeroed,
    "rows of movies permuted": _permuted,
    "half of the factors or weights lost": _half,
    "scores constant": _constant,
}
"""Broken arrays of each kind of model."""


def _shuffled_ids(chunk: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    known = chunk["movie_id"].unique(maintain_order=True)
    others = dict(zip(known, random.permutation(known.to_numpy()), strict=True))
    return chunk.with_columns(pl.col("movie_id").replace_strict(others))


def _shill(chunk: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    """3 of 10 ratings are five stars for one movie, from accounts that nobody has seen before."""
    n_added = max(1, round(chunk.height * 3 / 7))
    moments = chunk["rated_at"].gather(random.integers(chunk.height, size=n_added))
    added = pl.DataFrame({"user_id": [f"shill-{number}" for number in range(n_added)]}).with_columns(
        movie_id=pl.lit(chunk["movie_id"][0]), rating=pl.lit(5.0), rated_at=moments
    )
    return pl.concat([chunk, added.select(chunk.columns).cast(chunk.schema)]).sort("rated_at")


def caught(day: Examination) -> Iterator[Caught]:
    """Break a day's model and data in every way, and ask the gate."""
    random, candidate = np.random.default_rng(day.number), day.candidate
    interactions, arrays = candidate.interactions, candidate.fitted.arrays
    for name, breaks in BREAKS.items():
        broken = replace(candidate.fitted, arrays=breaks(dict(arrays), random))
        yield _judged(day, name, replace(candidate, fitted=broken))
    tenth = pl.concat(day.split).sample(fraction=0.1, seed=day.number)
    yield _judged(day, "trained on a tenth", train(day.timeline, day.algorithm, tenth, day.number, day.previous))
    shifted = replace(interactions, user_ids=[*interactions.user_ids[1:], interactions.user_ids[0]])
    yield _judged(day, "user rows shifted by one", replace(candidate, interactions=shifted))
    for name, chunk in _of_data(day, random):
        other = replace(day, split=Split(day.split.past, chunk))
        is_warned = is_warned_of(day.timeline, day.number, other.split)
        yield replace(_judged(other, name, other.candidate), is_warned=is_warned)


def _judged(day: Examination, name: str, candidate: Trained) -> Caught:
    try:
        is_refused = not day.verdict(candidate.registered)[0]
    except BadData:  # it does not load
        is_refused = True
    return Caught(name, day.algorithm, is_refused, 0 if is_refused else None)


def _of_data(day: Examination, random: np.random.Generator) -> Iterator[tuple[str, pl.DataFrame]]:
    chunk = day.split.holdout
    before = day.timeline.split(day.number - 1).holdout.with_columns(pl.col("rated_at") + timedelta(days=1))
    yield "a chunk with movie ids shuffled", _shuffled_ids(chunk, random)
    yield "30 % shill ratings of one movie", _shill(chunk, random)
    yield "a day repeated", before if before.height else chunk


def summary(found: Sequence[Caught]) -> dict[str, dict[str, Any]]:
    """Share refused and days until then of each way, over all kinds of models; `kinds` has each by itself.

    For a broken chunk `warned` is the share of days on which the data watch warned of it.
    """
    return {
        name: _rates([each for each in found if each.name == name]) for name in dict.fromkeys(c.name for c in found)
    }


def _rates(found: Sequence[Caught]) -> dict[str, Any]:
    kinds = dict.fromkeys(each.kind for each in found)
    by_kind = {kind: _share([each for each in found if each.kind == kind]) for kind in kinds}
    days = [each.days for each in found if each.days is not None]
    rates = {"refused": _share(found), "days": max(days) if days else None, "kinds": by_kind}
    looked = [each.is_warned for each in found if each.is_warned is not None]
    return {**rates, "warned": sum(looked) / len(looked)} if looked else rates


def _share(found: Sequence[Caught]) -> float:
    return sum(each.is_refused for each in found) / len(found)
