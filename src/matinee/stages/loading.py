"""Models of trainings, loaded from MLflow as the server loads them."""

import structlog

from matinee import artifact
from matinee.errors import BadData, NotFound
from matinee.evaluation.evaluate import Contender
from matinee.lifecycle.registry import ModelVersion, Registry, TrainingRun

log = structlog.get_logger()

SOUND = "sound"
"""Metric of a run: whether its model was sound (1 or 0)."""

HARMED = "harmed_by_its_chunk"
"""Metric of a run: whether the first part of its newest chunk did harm on the rest (1 or 0)."""


def loaded_model(registry: Registry, run: TrainingRun) -> Contender:
    """The model of a training as the server loads it.

    Raises:
        BadData: its files are gone or do not load.
    """
    try:
        with registry.downloaded(run) as folder:
            loaded = artifact.load(folder)
    except NotFound as error:  # somebody has deleted the logged model, or the run for ever
        raise BadData(str(error)) from error
    return Contender(loaded.model, loaded.user_index, loaded.item_index)


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
