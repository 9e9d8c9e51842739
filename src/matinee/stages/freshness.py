"""Measure what production gains over itself of 1, 7 and 30 days ago, on the people of the newest chunk.

Nothing is fitted for it: these are the models that were trained then, as long as their files are kept.
"""

from datetime import timedelta

import numpy as np

from matinee.errors import BadData
from matinee.evaluation.evaluate import Contender, evaluate
from matinee.evaluation.evidence import Values
from matinee.evaluation.gate import METRIC
from matinee.evaluation.split import Case
from matinee.lifecycle.freshness import AGES, GainOnChunk
from matinee.lifecycle.registry import TrainingRun
from matinee.stages.contest import sound_trainings
from matinee.stages.loading import loaded_model
from matinee.stages.stores import Stores
from matinee.stages.tested_chunk import TestedChunk


def measure_freshness(stores: Stores, day: TrainingRun) -> dict[str, float]:
    """Compare yesterday's model with older ones on a day's chunk; written down, and logged to the day's run.

    Returns:
        By metric, `gain_over_7d` and the like: the difference in parts of the older model's mean.
    """
    chunk = TestedChunk(stores, day.chunk_id)
    trainings = sound_trainings(stores, day)
    if not trainings or not chunk.users:
        return {}
    own = _values(stores, trainings[0], chunk.users)
    if own is None:
        return {}
    gains = []
    for age, other in _older(trainings):
        values = _values(stores, other, chunk.users)
        if values is not None:
            means, variance = (float(own.mean()), float(values.mean())), float(np.var(own - values))
            gains.append(GainOnChunk(day.chunk_id, age, chunk.ends_at, len(own), *means, variance))
    stores.freshness.keep(gains)
    metrics = {f"gain_over_{each.days}d": each.own / each.other - 1 for each in gains if each.other > 0}
    stores.registry.log_metrics(day, metrics)
    return metrics


def _older(trainings: list[TrainingRun]) -> list[tuple[int, TrainingRun]]:
    """For each age the newest training that is so much older than the first; the same one for no two ages."""
    newest, found = trainings[0].data_through, {}
    for age in AGES:
        limit = newest - timedelta(days=age)
        older = next((each for each in trainings if each.data_through <= limit), None)
        if older is not None:
            found[older.run_id] = (age, older)
    return list(found.values())


def _values(stores: Stores, run: TrainingRun, users: list[Case]) -> Values | None:
    """NDCG@10 of each user, whose history every model gets as it is now; None when the model is gone."""
    try:
        model: Contender = loaded_model(stores.registry, run)
    except BadData:
        return None
    return np.asarray(evaluate(model.among_strangers(), users)[METRIC].to_numpy())
