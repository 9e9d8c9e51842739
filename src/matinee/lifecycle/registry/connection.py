"""One connection to MLflow: its client, and its errors turned into ours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from matinee.clients.mlflow_rest import NAME
from matinee.errors import DependencyUnreachable, NotFound
from matinee.settings import Settings

# Two quick tries instead of MLflow's seven with minutes between them: Airflow retries the whole task.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # stdout is for results
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

MISSING = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
"""Error codes of MLflow for what does not exist."""


def create_tables(url: str) -> None:
    """Make MLflow's tables in the database at `url`, if it has none yet."""
    MlflowClient(url, url).search_experiments(max_results=1)


_PAGE = 100
"""Runs that are asked for at a time; each comes with all its metrics."""


class Connection:
    """The project's experiment and registered model on one MLflow server."""

    name = NAME
    """Of the experiment and of the registered model."""

    def __init__(self, settings: Settings) -> None:
        """Connect.

        Raises:
            DependencyUnreachable: MLflow does not answer.
        """
        self._url, self._link = settings.mlflow, settings.mlflow_link
        try:
            httpx.get(f"{self._url}/health", timeout=5).raise_for_status()
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        mlflow.set_tracking_uri(self._url)
        mlflow.set_registry_uri(self._url)
        self._client = MlflowClient(self._url, self._url)

    def _experiment_id(self) -> str:
        experiment = self._client.get_experiment_by_name(self.name)
        return str(experiment.experiment_id if experiment else self._client.create_experiment(self.name))

    def _search(self, filter_string: str = "") -> Iterator[Run]:
        """All runs of the experiment that a filter finds, newest first: read page by page, as far as somebody asks."""
        token: str | None = None
        experiment_id = self._experiment_id()
        while True:
            page = self._client.search_runs([experiment_id], filter_string, max_results=_PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    @contextmanager
    def _answers(self, otherwise: str = "") -> Iterator[None]:
        """Turn MLflow's errors into ours; `otherwise` is said when what was asked for does not exist."""
        try:
            yield
        except MlflowException as error:
            if otherwise and error.error_code in MISSING:
                raise NotFound(otherwise, "See them with: matinee versions.") from error
            raise self._unreachable(error) from error

    def _is_there(self) -> bool:
        """Whether the server answers, so that what it says is missing is missing."""
        try:
            httpx.get(f"{self._url}/health", timeout=5).raise_for_status()
        except httpx.HTTPError:
            return False
        return True

    def _unreachable(self, error: Exception) -> DependencyUnreachable:
        return DependencyUnreachable(
            f"MLflow at {self._url} is unavailable ({error}).", "Is it running? See: matinee status."
        )
