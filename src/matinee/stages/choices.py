"""Which choices of an algorithm a training uses: those of an earlier one, or new ones when these are due.

They are kept with the training that used them, in MLflow, and so are there for whoever trains next.
"""

from dataclasses import dataclass

import structlog

from matinee.lifecycle.registry import TrainingRun
from matinee.models.choices import ChoiceBasis, Choices, Choosing
from matinee.models.interactions import Interactions
from matinee.models.recommender import Recommender
from matinee.models.specification import Specification
from matinee.ratings.ledger import Chunk
from matinee.stages.loading import SOUND
from matinee.stages.stores import Stores

log = structlog.get_logger()


@dataclass(frozen=True)
class Used:
    """Choices of one training."""

    choices: Choices
    why: str
    """A line that says whether they were made or kept."""


def choices_for(
    stores: Stores, specification: Specification, chunk: Chunk, algorithm: Recommender, interactions: Interactions
) -> Used | None:
    """Choices to fit with; None for an algorithm that makes none.

    Args:
        stores: those of the home.
        specification: what is trained.
        chunk: the newest one that is learned from.
        algorithm: the specification's.
        interactions: what is learned from.
    """
    if not isinstance(algorithm, Choosing):
        return None
    kept = _kept(stores.registry.trainings_with_choices(specification.algorithm, algorithm.parameters, chunk.chunk_id))
    now = _basis(stores, chunk, interactions)
    due = "none were made before" if kept is None else kept.due(now)
    if kept is None or due:
        used = Used(Choices(algorithm.choices(interactions), now), f"made at chunk {chunk.chunk_id}: {due}")
    else:
        used = Used(kept, f"kept from chunk {kept.basis.chunk_id}")
    log.info("choices", choices=used.why, **used.choices.values)
    return used


def choices_before(stores: Stores, run: TrainingRun) -> Choices | None:
    """Choices that know nothing of a training's chunk, for whatever is judged on it; its own where there are none."""
    if run.choices is None or run.choices.basis.chunk_id < run.chunk_id:
        return run.choices
    earlier = stores.registry.trainings_with_choices(run.algorithm, run.hyperparameters, run.chunk_id - 1)
    return _kept(earlier) or run.choices


def _kept(trainings: list[TrainingRun]) -> Choices | None:
    """The newest ones; those of a model that was not sound are not used again."""
    sound = [each.choices for each in trainings if each.choices is not None and each.metrics.get(SOUND, 1) == 1]
    return max(sound, key=lambda each: each.basis.chunk_id, default=None)


def _basis(stores: Stores, chunk: Chunk, interactions: Interactions) -> ChoiceBasis:
    return ChoiceBasis(
        chunk_id=chunk.chunk_id,
        ends_at=chunk.ends_at,
        n_ratings=len(interactions.histories.items),
        positive_rating=interactions.positive_rating,
        without=tuple(sorted(each for each in stores.not_learned_from if each <= chunk.chunk_id)),
    )
