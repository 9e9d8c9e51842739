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
from matinee.evaluation.backtest import CANDIDATE, INCUMBENT, Backtest, backtest, contender
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.gate import Decision, Rules, decide
from matinee.evaluation.split import Split, cases, split_off_newest
from matinee.history import History
from matinee.models import artifact
from matinee.models.base import Fitted, Interactions, WarmStarting, fit, recommender
from matinee.production import Production
from matinee.ratings.ledger import Chunk, ChunkLedger
from matinee.ratings.sources import prepare
from matinee.registry import ModelVersion, Registry, Training, TrainingRun
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
        starts_warm = isinstance(algorithm, WarmStarting)
        incumbent = _incumbent(registry, registry.production(), chunk_id) if starts_warm else None
        fitted = fit(algorithm, interactions, incumbent)
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
    """Test a training on the newest chunk beside the model in production and the baselines, and decide.

    The logged model itself has seen the chunk, so its twin, fitted without the chunk, is what the metrics are of.
    """
    production = Production(settings)
    registry = production.registry
    run = registry.training_run(run_id)
    if run.verdict is None:
        current = registry.production()
        tested = _backtest(settings, registry, run, current)
        rolled_back = current is not None and production.history.is_rolled_back_to(current.version)
        decision = _loads(registry, run) or decide(
            _evidence(registry, run, tested.per_user, settings.gate_users),
            current.version if current else None,
            Rules.of(settings),
            must_improve=rolled_back,
        )
        registry.log_evaluation(run, tested.metrics(), tested.per_user, decision)
        run = registry.training_run(run_id)
    return {"run_id": run_id, "verdict": run.verdict, "reason": run.reason, "metrics": run.metrics}


def promote_model(settings: Settings, run_id: str) -> Result:
    """Register an evaluated training and do what its verdict says: into production, or rejected.

    A version that was decided on before stays as it is, so that an old run that is run again moves nothing back.
    """
    production = Production(settings)
    production.recover()
    run = production.registry.training_run(run_id)
    if run.verdict is None:
        raise UsageError(f"Run {run_id} is not evaluated yet.", f"Run: matinee evaluate --run-id {run_id}.")
    version = production.registry.register(run)
    stage = production.registry.version(version).stage
    if not stage and run.verdict == "promote":
        production.promote(version, run.reason)
    elif not stage:
        production.reject(version, run.reason)
    return {
        "model_version": version,
        "promoted": run.verdict == "promote",
        "run_id": run_id,
        "chunk_id": run.chunk_id,
        "reason": run.reason,
    }


def promote_by_hand(settings: Settings, version: str, reason: str) -> Result:
    """Put a registered version into production whatever the gate said; the reason is recorded."""
    production = Production(settings)
    production.recover()
    production.promote(production.registry.version(version).version, f"By hand: {reason}")
    return {"model_version": version, "promoted": True, "reason": reason}


def roll_back(settings: Settings, to: str | None, reason: str) -> Result:
    """Go back to the version that served before, and have the API server serve it."""
    version = Production(settings).roll_back(to, reason)
    return {**deploy_model(settings, version), "reason": reason}


def deploy_model(settings: Settings, version: str | None = None) -> Result:
    """Have the API server serve `version`, by default the one in production; returns when every worker serves it."""
    with Client(settings.api) as client:
        swap = client.swap(api_token(settings), version)
    if version is not None and swap.version != version:
        raise MatineeError(
            f"The API server acknowledged version {swap.version}, not {version}.", "See its log: matinee logs api."
        )
    if swap.version != swap.previous_version:
        why = "asked for" if version else "in production"
        History(settings).record("deployed", swap.version, swap.previous_version, why)
    return swap.model_dump()


def _backtest(settings: Settings, registry: Registry, run: TrainingRun, current: ModelVersion | None) -> Backtest:
    """The twin, the model in production and the baselines on the newest chunk; empty when nobody can be evaluated."""
    split, past_ends_at = _split(settings, run.chunk_id)
    users = list(cases(split, settings.positive_rating))
    version = current.version if current else None
    if split.past.is_empty() or not users:
        return Backtest.nobody()
    interactions = _interactions(settings, split.past, past_ends_at)
    contenders = _contenders(registry, run, current, interactions)
    return backtest(split, users, interactions, contenders, run.chunk_id, version)


def _split(settings: Settings, chunk_id: int) -> tuple[Split, datetime]:
    """What came before a chunk and the chunk itself, and where the past ends; a first chunk is split at its end."""
    ledger = ChunkLedger(settings)
    chunk, newest = ledger.chunk(chunk_id), ledger.ratings_of(chunk_id)
    if chunk_id > 1:
        return Split(ledger.ratings_through(chunk_id - 1), newest), chunk.starts_at
    return split_off_newest(newest, chunk.ends_at, settings.period), chunk.ends_at - settings.period


def _contenders(
    registry: Registry, run: TrainingRun, current: ModelVersion | None, interactions: Interactions
) -> dict[str, Contender]:
    """The candidate's twin and, if there is one, the incumbent, neither of which has seen the chunk of `run`."""
    if current is None:
        return {CANDIDATE: contender(run.algorithm, run.hyperparameters, interactions)}
    champion = registry.training_run(current.run_id)
    loaded = _incumbent(registry, current, run.chunk_id)
    if loaded is None:  # its twin stands for it
        incumbent = contender(champion.algorithm, champion.hyperparameters, interactions)
    else:
        incumbent = Contender(loaded.model, loaded.user_index, loaded.item_index)
    is_alike = (champion.algorithm, champion.hyperparameters) == (run.algorithm, run.hyperparameters)
    if is_alike and current.chunk_id >= run.chunk_id - 1:
        return {CANDIDATE: incumbent, INCUMBENT: incumbent}
    return {CANDIDATE: contender(run.algorithm, run.hyperparameters, interactions), INCUMBENT: incumbent}


def _incumbent(registry: Registry, current: ModelVersion | None, chunk_id: int) -> artifact.Artifact | None:
    """The model in production, unless it has learned from chunk `chunk_id` already, or does not load any more."""
    if current is None or current.chunk_id >= chunk_id:
        return None
    with registry.downloaded(registry.training_run(current.run_id)) as folder:
        try:
            return artifact.load(folder)
        except BadData as error:
            log.warning("production_does_not_load", version=current.version, reason=str(error))
            return None


def _evidence(registry: Registry, run: TrainingRun, newest: pl.DataFrame, enough: int) -> pl.DataFrame:
    """Values of the newest chunk's users and, while they are too few, of those of the chunks before."""
    frames = [newest]
    n_users = newest.filter(contender=CANDIDATE).height
    for earlier in registry.earlier_evaluations(run):
        if n_users >= enough:
            break
        frames.append(earlier)
        n_users += earlier.filter(contender=CANDIDATE).height
    return pl.concat(frames)


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
