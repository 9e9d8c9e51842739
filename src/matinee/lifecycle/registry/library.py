"""The library mlflow, set up: it takes two seconds to import, and only whoever makes its tables needs it."""

import os

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow

__all__ = ["mlflow"]
