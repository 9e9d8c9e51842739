"""Who is the champion, who challenges it, and what the evidence of a pair says.

The champion is the configuration of what is in production, and is refreshed every day. `MATINEE_ALGORITHM` names the
first one of a home; when it names another one than production's, that is a challenger like those of
`MATINEE_CHALLENGERS`.
"""

from dataclasses import replace

import structlog

from matinee.errors import BadData, NotFound, UsageError
from matinee.evaluation import evidence, gate
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.evidence import ConfidenceSequence, Differences, level
from matinee.lifecycle.challengers import Evidence
from matinee.lifecycle.comparisons import Compared
from matinee.lifecycle.registry import ModelVersion, TrainingRun
from matinee.models.specification import Specification, configuration, specifications
from matinee.stages.loading import SOUND, loaded_model
from matinee.stages.stores import Stores

log = structlog.get_logger()

SEGMENTS = ("warm", "new")
"""Of which each gets an interval of its own; together they hold at the level of the pair."""

RECENT = 3
"""Newest trainings of a challenger in which one is looked for that has learned as much as one of the champion."""


def champion(stores: Stores) -> Specification:
    """What the daily refresh trains: the specification of what is in production, or that of the settings.

    With the gate off the settings decide, because the newest model wins.
    """
    configured = Specification.parse(stores.settings.algorithm)
    if stores.settings.gate == "off":
        return configured
    run = champion_run(stores, stores.registry.production())
    if run is None or run.specification == configured.text:
        return configured
    own = Specification.parse(run.specification)
    try:
        own.recommender()
    except UsageError as error:
        log.warning("champion_cannot_be_refreshed", algorithm=own.text, reason=str(error))
        return configured
    return own


def champion_run(stores: Stores, current: ModelVersion | None) -> TrainingRun | None:
    """The training of what is in production; None for nothing there, or when MLflow has lost it."""
    if current is None:
        return None
    try:
        return stores.registry.training_run(current.run_id)
    except NotFound:
        return None


def challengers_against(stores: Stores, champion_text: str) -> tuple[Specification, ...]:
    """Everything that is compared with a champion, by its specification; never the champion itself."""
    named = [*specifications(stores.settings.challengers), Specification.parse(stores.settings.algorithm)]
    own = _configuration(Specification.parse(champion_text))
    others = {_configuration(each): each for each in reversed(named)}
    return tuple(each for name, each in reversed(others.items()) if name != own)


def _configuration(specification: Specification) -> str:
    """All hyper-parameters, so that what is written in two ways is the same; the text where it cannot be made."""
    try:
        return configuration(specification.algorithm, specification.recommender().parameters)
    except UsageError:
        return specification.text


def rivals(stores: Stores, run: TrainingRun, champion: TrainingRun) -> tuple[Contender, Contender] | None:
    """Models of a challenger and of the champion that have learned the same chunks, and not that of `run`.

    Returns:
        The newest such pair; None when there is none.
    """
    theirs = {each.chunk_id: each for each in sound_trainings(stores, replace(champion, chunk_id=run.chunk_id))}
    for own in sound_trainings(stores, run)[:RECENT]:
        if own.chunk_id in theirs:
            try:
                return loaded_model(stores.registry, own), loaded_model(stores.registry, theirs[own.chunk_id])
            except BadData as error:
                log.warning("not_compared", chunk_id=own.chunk_id, reason=str(error))
    return None


def sound_trainings(stores: Stores, run: TrainingRun) -> list[TrainingRun]:
    """Sound trainings of the same configuration on earlier chunks, newest first."""
    return [each for each in stores.registry.earlier_trainings(run) if is_sound(each)]


def is_sound(run: TrainingRun) -> bool:
    """Whether the model of an evaluated training may be compared with others."""
    return run.metrics.get(SOUND, float(run.verdict == "promote")) == 1


def alpha_of(stores: Stores, pair: str, run: TrainingRun, champion: TrainingRun) -> float:
    """What a challenger may spend: divided among all of them, and among the submissions of one."""
    n_challengers = max(1, len(challengers_against(stores, champion.specification)))
    submission = stores.challengers.submission(pair, run.specification, champion.configuration)
    return level(gate.WIN_LEVEL, n_challengers, submission)


def evidence_of(compared: Compared, alpha: float) -> Evidence:
    """What is known of a pair, for people."""
    differences, scale = compared.differences, max(compared.other_mean, 1e-9)
    if not len(differences):
        return Evidence(alpha=alpha)
    low, high = _interval(differences, alpha, scale)
    named = {name: compared.of_segment(name) for name in SEGMENTS}
    return Evidence(
        n_users=differences.n_users,
        n_days=differences.span_days,
        alpha=alpha,
        difference=differences.mean / scale,
        low=low,
        high=high,
        days_needed=gate.days_needed(differences, alpha),
        segments={name: _segment(each, alpha, scale) for name, each in named.items() if len(each)},
    )


def _segment(differences: Differences, alpha: float, scale: float) -> dict[str, float | None]:
    low, high = _interval(differences, alpha / len(SEGMENTS), scale)
    return {"difference": differences.mean / scale, "low": low, "high": high, "n_users": differences.n_users}


def _interval(differences: Differences, alpha: float, scale: float) -> tuple[float | None, float | None]:
    """The interval relative to `scale`; nothing of fewer users than it holds for."""
    if differences.n_users < evidence.MIN_USERS:
        return None, None
    low, high = ConfidenceSequence(alpha).interval(differences)
    return low / scale, high / scale
