"""Stage 3: test a training on the newest chunk, and decide."""

from datetime import datetime

import polars as pl

from matinee import artifact
from matinee.errors import BadData
from matinee.evaluation.backtest import CANDIDATE, INCUMBENT, Backtest, backtest, contender
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.gate import Decision, Rules, decide
from matinee.evaluation.split import Split, cases, split_off_newest
from matinee.lifecycle.registry import ModelVersion, Registry, TrainingRun
from matinee.models.interactions import Interactions
from matinee.stages import Result
from matinee.stages.stores import Stores
from matinee.stages.train import interactions_of, loaded_incumbent


def evaluate_model(stores: Stores, run_id: str) -> Result:
    """Test a training on the newest chunk beside the model in production and the baselines, and decide.

    The logged model itself has seen the chunk, so its twin, fitted without the chunk, is what the metrics are of.
    """
    registry, settings = stores.registry, stores.settings
    run = registry.training_run(run_id)
    if run.verdict is None:
        current = registry.production()
        rolled_back = current is not None and stores.history.is_rolled_back_to(current.version)
        tested = _backtest(stores, run, current, must_improve=rolled_back)
        decision = _loads(registry, run) or decide(
            _evidence(registry, run, tested.per_user, settings.gate_users),
            current.version if current else None,
            Rules.of(settings),
            must_improve=rolled_back,
        )
        registry.log_evaluation(run, tested.metrics(), tested.per_user, decision)
        run = registry.training_run(run_id)
    return {"run_id": run_id, "verdict": run.verdict, "reason": run.reason, "metrics": run.metrics}


def _backtest(stores: Stores, run: TrainingRun, current: ModelVersion | None, *, must_improve: bool) -> Backtest:
    """The twin, the model in production and the baselines on the newest chunk; empty when nobody can be evaluated."""
    split, past_ends_at = _split(stores, run.chunk_id)
    users = list(cases(split, stores.settings.positive_rating))
    version = current.version if current else None
    if split.past.is_empty() or not users:
        return Backtest.nobody()
    interactions = interactions_of(stores, split.past, past_ends_at)
    contenders = _contenders(stores.registry, run, current, interactions, must_improve=must_improve)
    return backtest(split, users, interactions, contenders, run.chunk_id, version)


def _split(stores: Stores, chunk_id: int) -> tuple[Split, datetime]:
    """What came before a chunk and the chunk itself, and where the past ends; a first chunk is split at its end."""
    ledger = stores.ledger
    chunk, newest = ledger.chunk(chunk_id), ledger.ratings_of(chunk_id)
    if chunk_id > 1:
        return Split(ledger.ratings_through(chunk_id - 1, stores.not_learned_from), newest), chunk.starts_at
    period = stores.settings.period
    return split_off_newest(newest, chunk.ends_at, period), chunk.ends_at - period


def _contenders(
    registry: Registry,
    run: TrainingRun,
    current: ModelVersion | None,
    interactions: Interactions,
    *,
    must_improve: bool,
) -> dict[str, Contender]:
    """The candidate's twin and, if there is one, the incumbent, neither of which has seen the chunk of `run`.

    The same algorithm does not compete with its own older self: a few users a day could never show that more data
    did no harm, and one chunk that was never trained on would shut the gate for good. When the candidate must improve
    on what somebody went back to, it does compete with that very model.
    """
    if current is None:
        return {CANDIDATE: contender(run.algorithm, run.hyperparameters, interactions)}
    champion = registry.training_run(current.run_id)
    loaded = loaded_incumbent(registry, current, run.chunk_id)
    if loaded is None:  # its twin stands for it
        incumbent = contender(champion.algorithm, champion.hyperparameters, interactions)
    else:
        incumbent = Contender(loaded.model, loaded.user_index, loaded.item_index)
    is_alike = (champion.algorithm, champion.hyperparameters) == (run.algorithm, run.hyperparameters)
    if is_alike and current.chunk_id >= run.chunk_id - 1:
        return {CANDIDATE: incumbent, INCUMBENT: incumbent}
    twin = contender(run.algorithm, run.hyperparameters, interactions)
    return {CANDIDATE: twin, INCUMBENT: twin if is_alike and not must_improve else incumbent}


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
