"""Reads MLflow over its REST API: importing mlflow would cost two seconds and 200 packages."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import httpx
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from matinee.artifact.manifest import FOLDER, MANIFEST
from matinee.clients.tls import authorities
from matinee.errors import DependencyUnreachable, NotFound

NAME = "movie-recommender"
"""Name of the registered model, and of the experiment that its runs belong to."""
ALIAS = "production"
"""Alias of the version in production."""

TIMEOUT_S = 10.0
"""Longest silence of MLflow."""
TOTAL_TIMEOUT_S = 100.0
"""Longest time for all that one swap asks of MLflow."""

FILES = "/api/2.0/mlflow-artifacts/artifacts"
"""Path of MLflow's file proxy."""
_API = "/api/2.0/mlflow"
_MISSING = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
"""How MLflow says that there is no such thing; of an alias it says the second."""


class VersionTags(BaseModel):
    """What a registered version says of itself in tags; those of an older matinee say less."""

    model_config = ConfigDict(frozen=True)

    stage: str = ""
    chunk_id: int | None = None
    data_through: datetime | None = None
    verdict: str = ""
    reason: str = ""
    artifacts: str = ""
    """Whether retention removes its files (`going`) or has removed them (`gone`)."""
    pinned: str = ""

    @field_validator("chunk_id", "data_through", mode="wrap")
    @classmethod
    def _none_if_spoilt(cls, told: object, read: ValidatorFunctionWrapHandler) -> object:
        """People can change any tag in MLflow: it says nothing then, and the version is still one."""
        try:
            return read(told)
        except ValidationError:
            return None


class RegisteredVersion(BaseModel):
    """A registered version as it stands in the registry."""

    model_config = ConfigDict(frozen=True)

    version: str
    run_id: str = ""
    source: str = ""
    """URI of the logged model's files."""
    created_at: Annotated[datetime, Field(validation_alias="creation_timestamp")]
    tags: VersionTags = VersionTags()

    @property
    def artifact_path(self) -> str | None:
        """Where its artifact is on MLflow's file proxy; None when its files are somewhere else."""
        return artifact_path(self.source)

    @field_validator("tags", mode="before")
    @classmethod
    def _by_name(cls, tags: object) -> object:
        return {tag["key"]: tag["value"] for tag in tags} if isinstance(tags, list) else tags


class MlflowReader:
    """Versions, metrics and files of the registered model on one MLflow server.

    Every method raises `DependencyUnreachable` when MLflow does not answer in time, or not as it should.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url
        self.timeout_s = timeout_s
        # The server is this machine's or a neighbour's: a proxy of the environment is never on the way to it.
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout_s, verify=authorities(), trust_env=False)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @asynccontextmanager
    async def within_time(self) -> AsyncIterator[None]:
        """Bound the time of everything in the block: a server that trickles bytes never times out by itself."""
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                yield
        except TimeoutError as error:
            raise self.unavailable(f"it took longer than {TOTAL_TIMEOUT_S:.0f} s") from error

    async def in_production(self) -> RegisteredVersion:
        """The version in production: one small request.

        Raises:
            NotFound: none is in production.
        """
        parameters = {"name": NAME, "alias": ALIAS}
        return await self._version("/registered-models/alias", parameters, "No version is in production.")

    async def versions(self, limit: int) -> list[RegisteredVersion]:
        """Registered versions, newest first, at most `limit`; none before the first is registered."""
        parameters = {
            "filter": f"name = '{NAME}'",
            "max_results": str(limit),
            "order_by": "version_number DESC",
        }
        found = await self._get(f"{_API}/model-versions/search", parameters, "There is no registered model.")
        with self._reading():
            return [RegisteredVersion.model_validate(each) for each in found.get("model_versions", [])]

    async def version(self, version: str) -> RegisteredVersion:
        """One registered version.

        Raises:
            NotFound: there is none.
        """
        parameters = {"name": NAME, "version": version}
        return await self._version("/model-versions/get", parameters, f"There is no version {version!r}.")

    async def metrics_of(self, run_ids: Sequence[str]) -> dict[str, dict[str, float]]:
        """Newest values of the metrics of runs, by run id; a run that was deleted is not there. One request."""
        experiment_id = await self._experiment_id() if run_ids else None
        if experiment_id is None:
            return {}
        wanted = ", ".join(f"'{run_id}'" for run_id in run_ids)
        question = {
            "experiment_ids": [experiment_id],
            "filter": f"attributes.run_id IN ({wanted})",
            "max_results": len(run_ids),
        }
        found = await self._ask("POST", f"{_API}/runs/search", "There are no runs.", json=question)
        with self._reading():
            return {str(run["info"]["run_id"]): _finite(run["data"]) for run in found.get("runs", [])}

    async def run_file(self, run_id: str, name: str) -> dict[str, Any]:
        """A JSON file that a run logged, such as `decision.json`.

        Raises:
            NotFound: there is no such run or file.
        """
        found = await self._get(f"{_API}/runs/get", {"run_id": run_id}, f"There is no run {run_id!r}.")
        with self._reading():
            root = urlsplit(str(found["run"]["info"]["artifact_uri"])).path.strip("/")
        try:
            response = await self._http.get(f"{FILES}/{quote(root)}/{name}")
        except httpx.HTTPError as error:
            raise self.unavailable(str(error) or type(error).__name__) from error
        if response.status_code == 404:
            raise NotFound(f"Run {run_id} has no file {name}.", "It was not evaluated.")
        if response.is_error:
            raise self.unavailable(f"it answered {response.status_code}")
        with self._reading():
            return dict(json.loads(response.content))

    async def has_artifact(self, version: RegisteredVersion) -> bool:
        """Whether the files of a version are there, as far as the first of them tells."""
        if version.artifact_path is None:
            return False
        try:
            response = await self._http.get(f"{FILES}/{quote(version.artifact_path)}/{MANIFEST}")
        except httpx.HTTPError as error:
            raise self.unavailable(str(error) or type(error).__name__) from error
        if response.is_server_error:
            raise self.unavailable(f"it answered {response.status_code}")
        return response.is_success

    async def metrics(self, run_id: str) -> dict[str, float]:
        """Newest value of each metric of a run; empty when the run was deleted."""
        try:
            found = await self._get(f"{_API}/runs/get", {"run_id": run_id}, f"There is no run {run_id!r}.")
        except NotFound:
            return {}
        with self._reading():
            return _finite(found["run"]["data"])

    async def _version(self, path: str, parameters: dict[str, str], otherwise: str) -> RegisteredVersion:
        found = await self._get(f"{_API}{path}", parameters, otherwise)
        with self._reading():
            return RegisteredVersion.model_validate(found["model_version"])

    async def _experiment_id(self) -> str | None:
        parameters = {"experiment_name": NAME}
        try:
            found = await self._get(f"{_API}/experiments/get-by-name", parameters, "Nothing was trained yet.")
        except NotFound:
            return None
        with self._reading():
            return str(found["experiment"]["experiment_id"])

    async def _get(self, path: str, parameters: dict[str, str], otherwise: str) -> dict[str, Any]:
        return await self._ask("GET", path, otherwise, params=parameters)

    async def _ask(self, method: str, path: str, otherwise: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  httpx's
        """JSON of a route; `otherwise` is said when what was asked for does not exist."""
        try:
            response = await self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise self.unavailable(str(error) or type(error).__name__) from error
        with self._reading():
            answer = response.json()
            if response.is_error and answer["error_code"] in _MISSING:
                raise NotFound(otherwise, "See them with: matinee versions.")
        if response.is_error or not isinstance(answer, dict):
            raise self.unavailable(f"it answered {response.status_code}")
        return answer

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn an answer that is not MLflow's into an error."""
        try:
            yield
        except (ValueError, TypeError, LookupError) as error:
            raise self.unavailable("its answer cannot be understood") from error

    def unavailable(self, reason: object) -> DependencyUnreachable:
        """What to raise when MLflow fails for `reason`; the address is told without its password."""
        url = urlsplit(self.url)
        address = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
        return DependencyUnreachable(
            f"MLflow at {address} is unavailable: {reason}.",
            "Is it running? See: matinee status.",
            code="mlflow-unreachable",
        )


def artifact_path(source: str) -> str | None:
    """Path on MLflow's file proxy of the artifact of a model with the URI `source`; None when it is not there."""
    url = urlsplit(source)
    return f"{url.path.strip('/')}/artifacts/{FOLDER}" if url.scheme == "mlflow-artifacts" else None


def _finite(data: dict[str, Any]) -> dict[str, float]:
    """Metrics of a run's data."""
    values = {str(each["key"]): float(each["value"]) for each in data.get("metrics", [])}
    return {name: value for name, value in values.items() if math.isfinite(value)}
