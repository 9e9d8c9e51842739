"""Stage 2: fit the configured algorithm and log it to MLflow."""

import resource
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl
import structlog

from matinee import artifact, clock
from matinee.drift.data_watch import Watched
from matinee.drift.report import NAME, report
from matinee.errors import BadData, NotFound
from matinee.evaluation.evaluate import Contender
from matinee.lifecycle.registry import ModelVersion, Registry, Training, TrainingRun
from matinee.memory import limit_bytes
from matinee.models.interactions import Interactions
from matinee.models.recommender import Recommender, WarmStarting, fit, recommender
from matinee.ratings.ledger import Chunk
from matinee.stages import Result
from matinee.stages.affordable import require_affordable
from matinee.stages.stores import Stores
from matinee.stages.watch import require_sound

log = structlog.get_logger()


@dataclass(frozen=True)
class Moment:
    """When something began, by the calendar and by a clock that never steps."""

    at: datetime
    clock_s: float

    @classmethod
    def now(cls) -> "Moment":
        """This moment."""
        return cls(clock.now(), time.perf_counter())

    def elapsed_s(self) -> float:
        """Seconds since then."""
        return time.perf_counter() - self.clock_s


def train_model(stores: Stores, chunk_id: int) -> Result:
    """Fit the configured algorithm on all chunks up to `chunk_id` and log it; a finished training is not repeated.

    Raises:
        Refused: the data watch says that the chunk is clearly broken, or somebody has left it out.
        CannotAfford: it would take more memory than there is.
    """
    began = Moment.now()
    algorithm = recommender(stores.settings.algorithm)
    registry = stores.registry
    watched = require_sound(
        stores, chunk_id, lambda refused: registry.log_refused_chunk(chunk_id, NAME, report(refused))
    )
    run_id = registry.finished_training(
        chunk_id, stores.settings.algorithm, algorithm.parameters, data_key(stores, chunk_id)
    )
    if run_id is None:
        n_ratings = sum(each.n_ratings for each in stores.ledger.chunks() if each.chunk_id <= chunk_id)
        require_affordable(stores.settings, n_ratings)
        run_id = _train(stores, algorithm, watched, began)
    run = registry.training_run(run_id)
    return {"run_id": run_id, "chunk_id": chunk_id, "algorithm": run.algorithm, "metrics": run.metrics}


def _train(stores: Stores, algorithm: Recommender, watched: Watched, began: Moment) -> str:
    """Fit, write and log; returns the run id."""
    chunk = watched.chunk
    key = data_key(stores, chunk.chunk_id)  # before the ratings are read: what comes meanwhile makes another training
    ratings = stores.ledger.ratings_through(chunk.chunk_id, without=stores.not_learned_from)
    interactions = interactions_of(stores, ratings, chunk.ends_at)
    fit_began = Moment.now()
    fitted = fit(algorithm, interactions, _warm_start(stores.registry, algorithm, chunk.chunk_id))
    metrics = {"fit_s": fit_began.elapsed_s(), **_counts(interactions, chunk)}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / artifact.FOLDER
        contents = fitted.contents(stores.settings.algorithm, interactions, chunk.chunk_id)
        training = Training(
            manifest=artifact.write(target, contents, stores.movies),
            folder=target,
            hyperparameters=algorithm.parameters,
            metrics={**metrics, "train_s": began.elapsed_s(), "peak_memory_bytes": _peak_memory_bytes()},
            started_at=began.at,
            data_key=key,
            reports={NAME: report(watched)},
        )
        return stores.registry.log_training(training)


def data_key(stores: Stores, chunk_id: int) -> str:
    """What is learned of the chunks up to one: withdrawals, chunks that are left out, and what counts as liked."""
    without = sorted(each for each in stores.not_learned_from if each <= chunk_id)
    return (
        f"liked from {stores.settings.positive_rating:g}, without chunks {without}, "
        f"withdrawals up to {stores.feedback.newest_withdrawal()}"
    )


def _warm_start(registry: Registry, algorithm: Recommender, chunk_id: int) -> artifact.Artifact | None:
    """The model to start from, for an algorithm that can."""
    if not isinstance(algorithm, WarmStarting):
        return None
    return loaded_incumbent(registry, registry.production(), chunk_id)


def loaded_incumbent(registry: Registry, current: ModelVersion | None, chunk_id: int) -> artifact.Artifact | None:
    """The model in production, unless it has learned from chunk `chunk_id` already, or does not load any more."""
    if current is None or current.chunk_id >= chunk_id:
        return None
    try:
        with registry.downloaded(registry.training_run(current.run_id)) as folder:
            return artifact.load(folder)
    except (BadData, NotFound) as error:
        log.warning("production_does_not_load", version=current.version, reason=str(error))
        return None


def loaded_model(registry: Registry, run: TrainingRun) -> Contender:
    """The model of a training as the server loads it.

    Raises:
        BadData: its files are gone or do not load.
    """
    with registry.downloaded(run) as folder:
        loaded = artifact.load(folder)
    return Contender(loaded.model, loaded.user_index, loaded.item_index)


def interactions_of(stores: Stores, ratings: pl.DataFrame, data_through: datetime) -> Interactions:
    """Ratings as an algorithm takes them, over the whole catalogue."""
    movie_ids = stores.movies["movie_id"].to_list()
    interactions = Interactions.from_ratings(ratings, movie_ids, stores.settings.positive_rating, data_through)
    return replace(interactions, memory_bytes=limit_bytes(stores.settings.memory))


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
