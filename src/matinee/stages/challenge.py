"""After the day: train what challenges the champion, score it, and say what the evidence has come to.

Yesterday's models of both are scored on the day's chunk, and a model of today is trained for tomorrow's. Each
challenger has a process of its own: one that fails, is killed for memory or takes too long loses its day and nobody
else's.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from matinee import clock
from matinee.errors import MatineeError, UsageError
from matinee.lifecycle.challengers import Standing, State, pair_of
from matinee.lifecycle.registry import TrainingRun
from matinee.models.specification import Specification, configuration
from matinee.stages import Result
from matinee.stages.baselines import measure_baselines
from matinee.stages.contest import alpha_of, challengers_against, champion_run, evidence_of
from matinee.stages.evaluate import evaluate_model
from matinee.stages.freshness import measure_freshness
from matinee.stages.stores import Stores
from matinee.stages.train import train_model

log = structlog.get_logger()

PATIENCE_S = 900.0
"""How long a day may take to be decided on and served before its challengers begin all the same."""

POLL_S = 2.0

Run = Callable[[int, Specification, float], Result]
"""Has one challenger trained and scored: chunk, challenger, seconds; raises `TimeoutError` or a `MatineeError`."""


def challenge(stores: Stores, run: Run | None = None, patience_s: float = PATIENCE_S) -> Result:
    """Train and score every challenger of the newest day, within `MATINEE_CHALLENGERS_S` for all together.

    Args:
        stores: those of the home.
        run: has one trained and scored; default is a process of its own.
        patience_s: how long the day itself is waited for.

    Returns:
        `chunk_id` (None before the first day), `challengers` with the state of each, and `run_id` of the one that is
        to go into production, if any.
    """
    day = stores.registry.newest_refresh()
    if day is None or stores.settings.gate == "off":
        return {"chunk_id": None, "challengers": {}, "run_id": None}
    _wait_for(stores, day, patience_s)
    measure_baselines(stores, day)
    measure_freshness(stores, day)
    champion = champion_run(stores, stores.registry.production())
    if champion is None:
        return {"chunk_id": day.chunk_id, "challengers": {}, "run_id": None}
    deadline, states, winner = time.monotonic() + stores.settings.challengers_s, {}, None
    for each in challengers_against(stores, champion.specification):
        found = _one(stores, each, day.chunk_id, champion, deadline, run or _in_a_process)
        states[each.text] = found["state"]
        winner = winner or (found["run_id"] if found["state"] == "won" else None)
    return {"chunk_id": day.chunk_id, "challengers": states, "run_id": winner}


def newest_chunk(stores: Stores) -> int:
    """The chunk of the newest day.

    Raises:
        UsageError: there is none.
    """
    day = stores.registry.newest_refresh()
    if day is None:
        raise UsageError("No day has been evaluated yet.", "Run: matinee next.")
    return day.chunk_id


def _wait_for(stores: Stores, day: TrainingRun, patience_s: float) -> None:
    """Return when a day's verdict is carried out and what it put into production is served."""
    until = time.monotonic() + patience_s
    while not _is_over(stores, day) and time.monotonic() < until:
        time.sleep(POLL_S)


def _is_over(stores: Stores, day: TrainingRun) -> bool:
    version = next((each for each in stores.registry.versions() if each.run_id == day.run_id), None)
    if version is None or not version.stage:
        return False
    return version.stage != "production" or stores.history.last_deployed() == version.version


def _one(
    stores: Stores, challenger: Specification, chunk_id: int, champion: TrainingRun, deadline: float, run: Run
) -> Result:
    """Have one challenger trained and scored; what goes wrong is written down and stops nothing."""
    budget, left = stores.settings.challengers_s, deadline - time.monotonic()
    lost: tuple[State, str] = (
        "late",
        f"It was not ready within the {budget:g} seconds of a day (MATINEE_CHALLENGERS_S).",
    )
    if left > 0:
        try:
            return run(chunk_id, challenger, left)
        except TimeoutError:
            pass
        except MatineeError as error:
            lost = "failed", str(error)
    state, why = lost
    log.warning("challenger_lost_its_day", name=challenger.text, state=state, reason=why)
    _keep_lost_day(stores, challenger, chunk_id, champion, state, why)
    return {"state": state, "run_id": None}


def _keep_lost_day(
    stores: Stores, challenger: Specification, chunk_id: int, champion: TrainingRun, state: State, why: str
) -> None:
    try:
        own = configuration(challenger.algorithm, challenger.recommender().parameters)
    except UsageError:
        own = challenger.text  # it has no hyper-parameters that anybody knows
    pair = pair_of(own, champion.configuration)
    known = next((each for each in stores.challengers.against(champion.configuration) if each.pair == pair), None)
    submission = stores.challengers.submission(pair, challenger.text, champion.configuration)
    empty = Standing(pair, challenger.text, champion.configuration, submission, state, why, chunk_id, clock.now())
    stores.challengers.keep(
        empty if known is None else replace(known, state=state, reason=why, chunk_id=chunk_id, at=clock.now())
    )


def challenge_one(stores: Stores, chunk_id: int, challenger: Specification) -> Result:
    """Train a challenger through a chunk, score yesterday's of it on that, and write down where it stands.

    One that has shown to be better is registered when a person is to decide on it.
    """
    began = time.perf_counter()
    run_id = str(train_model(stores, chunk_id, challenger, is_challenger=True)["run_id"])
    evaluated = evaluate_model(stores, run_id)
    run, champion = stores.registry.training_run(run_id), champion_run(stores, stores.registry.production())
    if champion is None:
        raise UsageError("Nothing is in production that could be challenged.", "Run: matinee next.")
    is_winner = run.is_challenger and evaluated["verdict"] == "promote"  # one that was a refresh has won nothing
    proposes = stores.settings.challengers_win == "propose"
    pair = pair_of(run.configuration, champion.configuration)
    alpha = alpha_of(stores, pair, run, champion)
    state: State = "gathering"
    if is_winner:
        state = "proposed" if proposes else "won"
    standing = Standing(
        pair=pair,
        name=challenger.text,
        champion=champion.configuration,
        submission=stores.challengers.submission(pair, challenger.text, champion.configuration),
        state=state,
        reason=str(evaluated["reason"]),
        chunk_id=chunk_id,
        at=clock.now(),
        run_id=run_id,
        version=stores.registry.register(run) if is_winner and proposes else None,
        seconds=time.perf_counter() - began,
        evidence=evidence_of(stores.comparisons.of(pair), alpha),
    )
    stores.challengers.keep(standing)
    return {"state": state, "run_id": run_id, "reason": standing.reason}


def _in_a_process(chunk_id: int, challenger: Specification, seconds: float) -> Result:
    command = [sys.executable, "-m", "matinee.cli", "challenge", "--chunk-id", str(chunk_id), "--json"]
    try:
        done = subprocess.run(
            [*command, "--only", challenger.text], capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"]
        raise MatineeError(lines[-1].removeprefix("error: "))
    result: Result = json.loads(done.stdout)
    return result
