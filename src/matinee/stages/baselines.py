"""Measure, after the day, the baseline that decides nothing and takes a fit of all the past: item-kNN."""

from matinee.evaluation.backtest import ITEM_KNN, means_of
from matinee.evaluation.evaluate import Contender, evaluate
from matinee.lifecycle.registry import TrainingRun
from matinee.models.recommender import fit, recommender
from matinee.stages.stores import Stores
from matinee.stages.tested_chunk import TestedChunk
from matinee.stages.train import interactions_of


def measure_baselines(stores: Stores, day: TrainingRun) -> dict[str, float]:
    """Fit item-kNN on what came before a day's chunk and score it on that; its metrics join those of the day's run."""
    chunk = TestedChunk(stores, day.chunk_id)
    if not chunk.users:
        return {}
    past = interactions_of(stores, chunk.past, chunk.past_ends_at)
    model = fit(recommender(ITEM_KNN), past).ranking_model()
    contender = Contender.of(model, past.user_ids, past.movie_ids)
    metrics = means_of(ITEM_KNN, evaluate(contender, chunk.users, chunk.popularity), past.n_movies)
    stores.registry.log_metrics(day, metrics)
    return metrics
