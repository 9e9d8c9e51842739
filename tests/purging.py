"""Purge runs of the MLflow of the tests for good, as `mlflow gc` does."""

import subprocess
import sys
from pathlib import Path

from mlflow import MlflowClient


def purge(run_id: str, folder: Path) -> None:
    """Delete a run and all that MLflow keeps with it.

    Args:
        run_id: the run.
        folder: that of the database and the files of MLflow.
    """
    MlflowClient().delete_run(run_id)
    program, files = Path(sys.executable).with_name("mlflow"), f"file://{folder / 'artifacts'}"
    where = ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", files]
    subprocess.run([program, "gc", *where, "--run-ids", run_id], check=True, capture_output=True)
