"""MLflow, and nothing else: runs, logged models, registered versions, and which of them is in production.

This is the only folder that imports mlflow (besides `artifact/pyfunc.py`, which only MLflow itself runs).
"""

from matinee.lifecycle.registry.artifacts import Artifacts
from matinee.lifecycle.registry.connection import Connection, create_tables, update_tables
from matinee.lifecycle.registry.records import ModelVersion, Training, TrainingRun
from matinee.lifecycle.registry.runs import TrainingRuns

__all__ = ["Connection", "ModelVersion", "Registry", "Training", "TrainingRun", "create_tables", "update_tables"]


class Registry(TrainingRuns, Artifacts):
    """Runs, versions and their files on one MLflow server."""
