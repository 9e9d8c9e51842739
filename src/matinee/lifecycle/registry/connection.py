"""One connection to MLflow: its client, and its errors turned into ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import sqlalchemy as sa
import structlog

from matinee.clients.mlflow_client import MlflowClient
from matinee.clients.mlflow_files import MlflowFiles
from matinee.clients.mlflow_http import MlflowError
from matinee.clients.mlflow_records import MlflowRun
from matinee.clients.mlflow_rest import NAME
from matinee.clients.tls import authorities
from matinee.errors import DependencyUnreachable, NotFound
from matinee.settings import Settings

log = structlog.get_logger()

MISSING = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
"""Error codes of MLflow for what does not exist."""


def create_tables(url: str) -> None:
    """Make MLflow's tables in the database at `url`, if it has none yet."""
    from matinee.lifecycle.registry.library import mlflow  # noqa: PLC0415  takes seconds, and no task of a day needs it

    mlflow.MlflowClient(url, url).search_experiments(max_results=1)


def update_tables(url: str) -> None:
    """Make MLflow's tables in the database at `url`, or bring those that it has to the version of this MLflow."""
    from mlflow.store.db.utils import _upgrade_db  # noqa: PLC0415  takes seconds, as above

    database = sa.create_engine(url)
    if sa.inspect(database).has_table("alembic_version"):
        # What `mlflow db upgrade` does, which would show the password in the list of processes.
        _upgrade_db(database)  # type: ignore[no-untyped-call]
    else:
        create_tables(url)
    database.dispose()


_PAGE = 32
"""Runs that are asked for at a time; each comes with all its metrics, and hardly anybody wants more than 30."""


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
        self._known_experiment_id: str | None = None
        self._learned: dict[str, tuple[int, str] | None] = {}  # by run; None of one that is not readable
        try:
            httpx.get(f"{self._url}/health", timeout=5, verify=authorities()).raise_for_status()
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        self._client = MlflowClient(self._url)
        self._files = MlflowFiles(self._client.http)

    def _experiment_id(self) -> str:
        if self._known_experiment_id is None:
            found = self._client.experiment(self.name)
            self._known_experiment_id = found.experiment_id if found else self._client.create_experiment(self.name)
            if found and found.is_deleted:  # by hand; its name is taken, and all runs and metrics are in it
                self._client.restore_experiment(found.experiment_id)
                log.warning("experiment_restored", name=self.name)
        return self._known_experiment_id

    def _search(self, filter_string: str = "") -> Iterator[MlflowRun]:
        """All runs of the experiment that a filter finds, newest first: read page by page, as far as somebody asks."""
        token: str | None = None
        experiment_id = self._experiment_id()
        while True:
            page = self._client.search_runs([experiment_id], filter_string, max_results=_PAGE, page_token=token)
            yield from page.runs
            token = page.token
            if not token:
                return

    @contextmanager
    def _answers(self, otherwise: str = "") -> Iterator[None]:
        """Turn MLflow's errors into ours; `otherwise` is said when what was asked for does not exist."""
        try:
            yield
        except MlflowError as error:
            if otherwise and error.error_code in MISSING:
                raise NotFound(otherwise, "See them with: matinee versions.") from error
            raise self._unreachable(error) from error

    def _is_there(self) -> bool:
        """Whether the server answers, so that what it says is missing is missing."""
        try:
            httpx.get(f"{self._url}/health", timeout=5, verify=authorities()).raise_for_status()
        except httpx.HTTPError:
            return False
        return True

    def _unreachable(self, error: Exception) -> DependencyUnreachable:
        return DependencyUnreachable(
            f"MLflow at {self._url} is unavailable ({error}).", "Is it running? See: matinee status."
        )
