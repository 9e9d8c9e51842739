"""Stage 2: fit the configured algorithm and log it to MLflow."""

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import structlog

from matinee import artifact
from matinee.drift.records import StatisticsStore
from matinee.drift.report import NAME, report
from matinee.errors import BadData
from matinee.lifecycle.registry import ModelVersion, Registry, Training
from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted, WarmStarting, fit, recommender
from matinee.ratings.ledger.ledger import Chunk, ChunkLedger
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings
from matinee.stages import Result
from matinee.stages.watch import require_sound

log = structlog.get_logger()


def train_model(settings: Settings, chunk_id: int) -> Result:
    """Fit the configured algorithm on all chunks up to `chunk_id` and log it; a finished training is not repeated.

    Raises:
        Refused: the data watch says that the chunk is clearly broken, or somebody has left it out.
    """
    started_at, began = datetime.now(UTC), time.perf_counter()
    algorithm = recommender(settings.algorithm)
    registry = Registry(settings)
    ledger, store = ChunkLedger(settings), StatisticsStore(settings)
    chunk = ledger.chunk(chunk_id)
    watched = require_sound(
        settings, chunk_id, lambda refused: registry.log_refused_chunk(chunk_id, NAME, report(refused))
    )
    run_id = registry.finished_training(chunk_id, settings.algorithm, algorithm.parameters)
    if run_id is None:
        ratings = ledger.ratings_through(chunk_id, without=store.not_learned_from(settings.watch))
        interactions = interactions_of(settings, ratings, chunk.ends_at)
        fit_began = time.perf_counter()
        starts_warm = isinstance(algorithm, WarmStarting)
        incumbent = loaded_incumbent(registry, registry.production(), chunk_id) if starts_warm else None
        fitted = fit(algorithm, interactions, incumbent)
        metrics = {"fit_s": time.perf_counter() - fit_began, **_counts(interactions, chunk)}
        with tempfile.TemporaryDirectory() as folder:
            training = Training(
                manifest=_write(settings, Path(folder), fitted, interactions, chunk_id),
                folder=Path(folder) / artifact.FOLDER,
                hyperparameters=algorithm.parameters,
                metrics={**metrics, "train_s": time.perf_counter() - began, "peak_memory_bytes": _peak_memory_bytes()},
                started_at=started_at,
                reports={NAME: report(watched)},
            )
            run_id = registry.log_training(training)
    run = registry.training_run(run_id)
    return {"run_id": run_id, "chunk_id": chunk_id, "algorithm": run.algorithm, "metrics": run.metrics}


def loaded_incumbent(registry: Registry, current: ModelVersion | None, chunk_id: int) -> artifact.Artifact | None:
    """The model in production, unless it has learned from chunk `chunk_id` already, or does not load any more."""
    if current is None or current.chunk_id >= chunk_id:
        return None
    with registry.downloaded(registry.training_run(current.run_id)) as folder:
        try:
            return artifact.load(folder)
        except BadData as error:
            log.warning("production_does_not_load", version=current.version, reason=str(error))
            return None


def interactions_of(settings: Settings, ratings: pl.DataFrame, data_through: datetime) -> Interactions:
    """Ratings as an algorithm takes them, over the whole catalogue."""
    movie_ids = prepare(settings).movies()["movie_id"].to_list()
    return Interactions.from_ratings(ratings, movie_ids, settings.positive_rating, data_through)


def _write(
    settings: Settings, folder: Path, fitted: Fitted, interactions: Interactions, chunk_id: int
) -> artifact.Manifest:
    movies = prepare(settings).movies()
    return artifact.write(folder / artifact.FOLDER, fitted.contents(settings.algorithm, interactions, chunk_id), movies)


def _counts(interactions: Interactions, chunk: Chunk) -> dict[str, float]:
    return {
        "n_users": interactions.n_users,
        "n_movies": interactions.n_movies,
        "n_ratings": len(interactions.histories.items),
        "n_chunk_ratings": chunk.n_ratings,
        "n_live_ratings": chunk.n_live,
    }


def _peak_memory_bytes() -> int:
    """Most memory that this process ever held; Linux counts in kilobytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
