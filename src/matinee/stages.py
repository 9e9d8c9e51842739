"""The stages of the loop: explicit input, one JSON object as result, and nothing changes twice when one runs again.

    ingest(run) → chunk    train(chunk) → run    evaluate(run) → decision    promote(run) → version    deploy(version)

The command line prints a result; Airflow hands its values to the next stage.
"""

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import structlog

from matinee.credentials import api_token
from matinee.errors import BadData, MatineeError, UsageError
from matinee.evaluation.evaluate import Contender, evaluate, summarize
from matinee.evaluation.gate import Decision, decide
from matinee.evaluation.split import Split, cases, split_off_newest
from matinee.models import artifact
from matinee.models.base import Fitted, Interactions, fit, recommender
from matinee.ratings.ledger import Chunk, ChunkLedger
from matinee.ratings.sources import prepare
from matinee.registry import Registry, Training, TrainingRun
from matinee.settings import Settings
from matinee.ui.client import Client

Result = dict[str, Any]

log = structlog.get_logger()


def ingest_chunk(settings: Settings, run_id: str) -> Result:
    """Close the next chunk of ratings for the pipeline run `run_id`; the same run always gets the same chunk."""
    chunk = ChunkLedger(settings).close_next(run_id)
    if chunk is None:
        log.info("no_more_data", data=settings.data)
        return {"state": "no_more_data", "chunk_id": None, "run_id": run_id}
    return {
        "state": "closed",
        "chunk_id": chunk.chunk_id,
        "run_id": run_id,
        "starts_at": chunk.starts_at.isoformat(),
        "ends_at": chunk.ends_at.isoformat(),
        "n_ratings": chunk.n_ratings,
        "n_live": chunk.n_live,
    }


def train_model(settings: Settings, chunk_id: int) -> Result:
    """Fit the configured algorithm on all chunks up to `chunk_id` and log it; a finished training is not repeated."""
    started_at, began = datetime.now(UTC), time.perf_counter()
    algorithm = recommender(settings.algorithm)
    registry = Registry(settings)
    chunk = ChunkLedger(settings).chunk(chunk_id)
    run_id = registry.finished_training(chunk_id, settings.algorithm, algorithm.parameters)
    if run_id is None:
        interactions = _interactions(settings, ChunkLedger(settings).ratings_through(chunk_id), chunk.ends_at)
        fit_began = time.perf_counter()
        fitted = fit(algorithm, interactions)
        metrics = {"fit_s": time.perf_counter() - fit_began, **_counts(interactions, chunk)}
        with tempfile.TemporaryDirectory() as folder:
            training = Training(
                manifest=_write(settings, Path(folder), fitted, interactions, chunk_id),
                folder=Path(folder) / artifact.FOLDER,
                hyperparameters=algorithm.parameters,
                metrics={**metrics, "train_s": time.perf_counter() - began, "peak_memory_bytes": _peak_memory_bytes()},
                started_at=started_at,
            )
            run_id = registry.log_training(training)
    run = registry.training_run(run_id)
    return {"run_id": run_id, "chunk_id": chunk_id, "algorithm": run.algorithm, "metrics": run.metrics}


def evaluate_model(settings: Settings, run_id: str) -> Result:
    """Test a training on the newest chunk: the same algorithm fitted on the past alone, beside popularity.

    The logged model itself has seen the chunk, so its twin, fitted without the chunk, is what the metrics are of.
    """
    registry = Registry(settings)
    run = registry.training_run(run_id)
    if run.verdict is None:
        metrics, popularity = _backtest(settings, run)
        decision = _loads(registry, run) or decide(
            metrics, popularity, has_production=registry.production() is not None
        )
        named = {**metrics, **{f"popularity_{name}": value for name, value in popularity.items() if "_at_" in name}}
        registry.log_evaluation(run, named, decision)
        run = registry.training_run(run_id)
    return {"run_id": run_id, "verdict": run.verdict, "reason": run.reason, "metrics": run.metrics}


def promote_model(settings: Settings, run_id: str) -> Result:
    """Register an evaluated training and do what its verdict says: into production, or rejected.

    A version that was decided on before stays as it is, so that an old run that is run again moves nothing back.
    """
    registry = Registry(settings)
    run = registry.training_run(run_id)
    if run.verdict is None:
        raise UsageError(f"Run {run_id} is not evaluated yet.", f"Run: matinee evaluate --run-id {run_id}.")
    version = registry.register(run)
    stage = {each.version: each.stage for each in registry.versions()}[version]
    if not stage and run.verdict == "promote":
        registry.move_production(version)
    elif not stage:
        registry.reject(version)
    return {
        "model_version": version,
        "promoted": run.verdict == "promote",
        "run_id": run_id,
        "chunk_id": run.chunk_id,
        "reason": run.reason,
    }


def deploy_model(settings: Settings, version: str | None = None) -> Result:
    """Have the API server serve `version`, by default the one in production; returns when every worker serves it."""
    with Client(settings.api) as client:
        swap = client.swap(api_token(settings), version)
    if version is not None and swap.version != version:
        raise MatineeError(
            f"The API server acknowledged version {swap.version}, not {version}.", "See its log: matinee logs api."
        )
    return swap.model_dump()


def _backtest(settings: Settings, run: TrainingRun) -> tuple[dict[str, float], dict[str, float]]:
    """Metrics of the twin and of all-time popularity on the newest chunk; empty when nobody can be evaluated."""
    ledger = ChunkLedger(settings)
    chunk = ledger.chunk(run.chunk_id)
    newest = ledger.ratings_of(run.chunk_id)
    if run.chunk_id > 1:
        split, past_ends_at = Split(ledger.ratings_through(run.chunk_id - 1), newest), chunk.starts_at
    else:
        past_ends_at = chunk.ends_at - settings.period
        split = split_off_newest(newest, chunk.ends_at, settings.period)
    users = list(cases(split, settings.positive_rating))
    if split.past.is_empty() or not users:
        return {}, {}
    interactions = _interactions(settings, split.past, past_ends_at)
    user_index = {user_id: row for row, user_id in enumerate(interactions.user_ids)}
    item_index = {movie_id: row for row, movie_id in enumerate(interactions.movie_ids)}
    results = []
    for algorithm in (recommender(run.algorithm, run.hyperparameters), recommender("popular")):
        model = fit(algorithm, interactions).ranking_model()
        per_user = evaluate(Contender(model, user_index, item_index), users)
        results.append(summarize(per_user, interactions.n_movies))
    return results[0], results[1]


def _loads(registry: Registry, run: TrainingRun) -> Decision | None:
    """The rejection of a logged model that does not load; None when it does."""
    try:
        with registry.downloaded(run) as folder:
            artifact.load(folder)
    except BadData as error:
        return Decision(rule="promote only what loads", verdict="reject", reason=str(error), numbers={})
    return None


def _interactions(settings: Settings, ratings: pl.DataFrame, data_through: datetime) -> Interactions:
    movie_ids = prepare(settings).movies()["movie_id"].to_list()
    return Interactions.from_ratings(ratings, movie_ids, settings.positive_rating, data_through)


def _write(
    settings: Settings, folder: Path, fitted: Fitted, interactions: Interactions, chunk_id: int
) -> artifact.Manifest:
    movies = prepare(settings).movies()
    return artifact.write(folder / artifact.FOLDER, settings.algorithm, fitted, interactions, movies, chunk_id)


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
