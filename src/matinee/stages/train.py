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
from matinee.drift.data_watch import Watched, watch
from matinee.drift.report import NAME, report
from matinee.lifecycle.registry import Registry, Training
from matinee.memory import limit_bytes
from matinee.models.choices import chosen
from matinee.models.interactions import Interactions
from matinee.models.recommender import Recommender, fit, starts_warm
from matinee.models.specification import Specification
from matinee.ratings.events import LEARNED
from matinee.ratings.ledger import Chunk
from matinee.settings import Settings
from matinee.stages import Result
from matinee.stages.affordable import require_affordable
from matinee.stages.choices import choices_for
from matinee.stages.computation import computation_of
from matinee.stages.contest import champion
from matinee.stages.loading import loaded_incumbent
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


def train_model(
    stores: Stores,
    chunk_id: int,
    specification: Specification | None = None,
    *,
    is_challenger: bool = False,
    is_retraining: bool = False,
) -> Result:
    """Fit an algorithm on all chunks up to `chunk_id` and log it; a finished training is not repeated.

    Args:
        stores: those of the home.
        chunk_id: the newest chunk.
        specification: what to fit; None for the champion (`contest.champion`).
        is_challenger: whether it goes into production only when it has shown to be better.
        is_retraining: whether it takes the place of a model that has read the chunk: the watch refuses nothing, and a
            chunk that is left out by now is not learned from.

    Raises:
        Refused: the data watch says that the chunk is clearly broken, or somebody has left it out.
        CannotAfford: it would take more memory than there is.
    """
    began = Moment.now()
    specification = specification or champion(stores)
    algorithm = specification.recommender()
    registry = stores.registry
    # First of all: the watch reads the past too.
    n_ratings = stores.ledger.n_ratings_through(chunk_id)
    require_affordable(stores.settings, n_ratings)
    if is_retraining:
        watched = watch(stores.settings, stores.ledger, stores.statistics, chunk_id)
    else:
        watched = require_sound(
            stores, chunk_id, lambda refused: registry.log_refused_chunk(chunk_id, NAME, report(refused))
        )
    key = data_key(stores, chunk_id)
    run_id = registry.finished_training(chunk_id, specification.algorithm, algorithm.parameters, key)
    if run_id is None:
        run_id = _train(stores, specification, watched, began, is_challenger=is_challenger)
    run = registry.training_run(run_id)
    return {"run_id": run_id, "chunk_id": chunk_id, "algorithm": run.algorithm, "metrics": run.metrics}


def _train(
    stores: Stores, specification: Specification, watched: Watched, began: Moment, *, is_challenger: bool
) -> str:
    """Fit, write and log; returns the run id."""
    algorithm, chunk = specification.recommender(), watched.chunk
    key = data_key(stores, chunk.chunk_id)  # before the ratings are read: what comes meanwhile makes another training
    withdrawals = stores.feedback.newest_withdrawal()
    ratings = stores.ledger.scan_through(chunk.chunk_id, without=stores.not_learned_from)
    interactions = interactions_of(stores, ratings, chunk.ends_at)
    fit_began = Moment.now()
    with computation_of(stores, chunk.chunk_id) as computation:
        interactions = replace(interactions, computation=computation)
        used = choices_for(stores, specification, chunk, algorithm, interactions)
        choices, choices_why = (used.choices, used.why) if used else (None, "")
        start = _warm_start(stores.registry, algorithm, chunk.chunk_id)
        fitted = fit(chosen(algorithm, choices), interactions, start)
    metrics = {"fit_s": fit_began.elapsed_s(), **_counts(interactions, chunk)}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / artifact.FOLDER
        contents = fitted.contents(specification.algorithm, interactions, chunk.chunk_id)
        training = Training(
            manifest=artifact.write(target, contents, stores.movies),
            folder=target,
            hyperparameters=algorithm.parameters,
            metrics={**metrics, "train_s": began.elapsed_s(), "peak_memory_bytes": _peak_memory_bytes()},
            started_at=began.at,
            data_key=key,
            reports={NAME: report(watched)},
            specification=specification.text,
            is_challenger=is_challenger,
            withdrawals=withdrawals,
            choices=choices,
            choices_why=choices_why,
        )
        return stores.registry.log_training(training)


def data_key(stores: Stores, chunk_id: int) -> str:
    """What is learned of the chunks up to one: withdrawals, chunks that are left out, and what counts as liked."""
    without = sorted(each for each in stores.not_learned_from if each <= chunk_id)
    return (
        f"liked from {stores.settings.positive_rating:g}, without chunks {without}, "
        f"withdrawals up to {stores.feedback.newest_withdrawal()}{_other_weights(stores)}"
    )


def _other_weights(stores: Stores) -> str:
    """What events count, where it is not what it is by default: the key of a home that changes nothing stays."""
    weights = stores.settings.event_weights
    return "" if weights == Settings.model_fields["event_weights"].default else f", events {weights}"


def _warm_start(registry: Registry, algorithm: Recommender, chunk_id: int) -> artifact.Artifact | None:
    """The model to start from, for an algorithm that can."""
    if not starts_warm(algorithm):
        return None
    return loaded_incumbent(registry, registry.production(), chunk_id)


def interactions_of(stores: Stores, ratings: pl.LazyFrame, data_through: datetime) -> Interactions:
    """Ratings as an algorithm takes them, over the whole catalogue."""
    movie_ids, positive_rating = stores.movies["movie_id"].to_list(), stores.settings.positive_rating
    # Nothing keeps what is collected: beside what is made of it, it would be the largest of a fit.
    interactions = Interactions.from_ratings(
        ratings.select(LEARNED).collect(), movie_ids, positive_rating, data_through
    )
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
