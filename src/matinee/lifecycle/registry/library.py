"""The library mlflow, set up: it takes two seconds to import, so whoever needs it imports this where they need it."""

import os

# Two quick tries instead of MLflow's seven with minutes between them: Airflow retries the whole task.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # stdout is for results
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow

__all__ = ["mlflow"]
