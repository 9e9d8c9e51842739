"""What the server asks of MLflow, over its REST API: importing mlflow would cost two seconds and 200 packages."""

import asyncio
import math
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator

from matinee.artifact import artifact
from matinee.errors import BadData, DependencyUnreachable, NotFound
from matinee.serving.model.served import NAME, Registered
from matinee.serving.model.store import writing
from matinee.serving.workers.background import run_in_background

ALIAS = "production"
TIMEOUT_S = 10.0
"""Longest silence of MLflow."""
TOTAL_TIMEOUT_S = 100.0
"""Longest time for all that one swap asks of MLflow."""

_API = "/api/2.0/mlflow"
_FILES = "/api/2.0/mlflow-artifacts/artifacts"
_BLOCK_BYTES = 1 << 18
"""Of a file that is copied; small enough to leave what answers need in a core's cache."""
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


class VersionRecord(BaseModel):
    """A registered version as it stands in the registry."""

    model_config = ConfigDict(frozen=True)

    version: str
    run_id: str = ""
    created_at: Annotated[datetime, Field(validation_alias="creation_timestamp")]
    tags: VersionTags = VersionTags()

    @field_validator("tags", mode="before")
    @classmethod
    def _by_name(cls, tags: object) -> object:
        return {tag["key"]: tag["value"] for tag in tags} if isinstance(tags, list) else tags


class MlflowReader:
    """Versions, metrics and files of the registered model on one MLflow server.

    Every method raises `DependencyUnreachable` when MLflow does not answer in time, or not as it should.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url = urlsplit(url)
        self._user, _, self._address = self._url.netloc.rpartition("@")
        self._timeout_s = timeout_s
        # The server is this machine's or a neighbour's: a proxy of the environment is never on the way to it.
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout_s, trust_env=False)

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
            raise self._unreachable(f"it took longer than {TOTAL_TIMEOUT_S:.0f} s") from error

    async def registered(self, version: str | None) -> Registered:
        """A version with its metrics; the one in production when `version` is None.

        Raises:
            NotFound: there is no such version, or none in production.
        """
        if version is None:
            found = await self.in_production()
        else:
            parameters = {"name": NAME, "version": version}
            found = await self._version("/model-versions/get", parameters, f"There is no version {version!r}.")
        return found.model_copy(update={"metrics": await self._metrics(found.run_id)})

    async def in_production(self) -> Registered:
        """The version in production, without its metrics: one small request.

        Raises:
            NotFound: none is in production.
        """
        parameters = {"name": NAME, "alias": ALIAS}
        return await self._version("/registered-models/alias", parameters, "No version is in production.")

    async def versions(self, limit: int) -> list[VersionRecord]:
        """Registered versions, newest first, at most `limit`; none before the first is registered."""
        parameters = {
            "filter": f"name = '{NAME}'",
            "max_results": str(limit),
            "order_by": "version_number DESC",
        }
        found = await self._get(f"{_API}/model-versions/search", parameters, "There is no registered model.")
        with self._reading():
            return [VersionRecord.model_validate(each) for each in found.get("model_versions", [])]

    async def version(self, version: str) -> VersionRecord:
        """One registered version.

        Raises:
            NotFound: there is none.
        """
        parameters = {"name": NAME, "version": version}
        found = await self._get(f"{_API}/model-versions/get", parameters, f"There is no version {version!r}.")
        with self._reading():
            return VersionRecord.model_validate(found["model_version"])

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
            response = await self._http.get(f"{_FILES}/{quote(root)}/{name}")
        except httpx.HTTPError as error:
            raise self._unreachable(str(error) or type(error).__name__) from error
        if response.status_code == 404:
            raise NotFound(f"Run {run_id} has no file {name}.", "It was not evaluated.")
        if response.is_error:
            raise self._unreachable(f"it answered {response.status_code}")
        with self._reading():
            return dict(orjson.loads(response.content))

    async def download(self, registered: Registered, folder: Path) -> None:
        """Put the artifact's files into `folder`, the manifest first: an unknown format is refused without the rest.

        Raises:
            BadData: the version has no such files, or their format is not known.
            MatineeError: they cannot be written.
        """
        root = _artifact_path(registered)
        await self._download(f"{root}/{artifact.MANIFEST}", folder / artifact.MANIFEST)
        manifest = artifact.read_manifest(folder)
        for name in artifact.file_names(manifest):
            await self._download(f"{root}/{name}", folder / name)

    async def _version(self, path: str, parameters: dict[str, str], otherwise: str) -> Registered:
        found = await self._get(f"{_API}{path}", parameters, otherwise)
        with self._reading():
            record = found["model_version"]
            version, run_id, source = str(record["version"]), str(record.get("run_id") or ""), str(record["source"])
        return Registered(version=version, run_id=run_id, source=source)

    async def _metrics(self, run_id: str) -> dict[str, float]:
        """Newest value of each metric of a run; empty when the run was deleted."""
        try:
            found = await self._get(f"{_API}/runs/get", {"run_id": run_id}, f"There is no run {run_id!r}.")
        except NotFound:
            return {}
        with self._reading():
            return _finite(found["run"]["data"])

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
            raise self._unreachable(str(error) or type(error).__name__) from error
        with self._reading():
            answer = response.json()
            if response.is_error and answer["error_code"] in _MISSING:
                raise NotFound(otherwise, "See them with: matinee versions.")
        if response.is_error or not isinstance(answer, dict):
            raise self._unreachable(f"it answered {response.status_code}")
        return answer

    async def _download(self, path: str, target: Path) -> None:
        """In a thread: thousands of blocks would each wait for a turn of the event loop that answers people."""
        given_up = threading.Event()
        try:
            await run_in_background(lambda: self._copy(path, target, given_up))
        except (OSError, HTTPException) as error:
            raise self._unreachable(str(error) or type(error).__name__) from error
        finally:
            given_up.set()

    def _copy(self, path: str, target: Path, given_up: threading.Event) -> None:
        # Not by httpx, whose way from the socket to the file is Python: it would hold up answers for a second.
        with closing(self._connection()) as connection:
            connection.request("GET", f"{self._url.path.rstrip('/')}{_FILES}/{quote(path)}", headers=self._credentials)
            response = connection.getresponse()
            if response.status == 404:
                raise BadData(f"MLflow has no file {path}.", "Train it again, or deploy another version.")
            if response.status != 200:
                raise HTTPException(f"it answered {response.status}")
            block = memoryview(bytearray(_BLOCK_BYTES))
            with writing(), target.open("wb") as file:
                while not given_up.is_set() and (n_bytes := _read(response, block)):
                    file.write(block[:n_bytes])
            if response.length and not given_up.is_set():
                raise HTTPException(f"it closed the connection {response.length} bytes before the end of a file")

    def _connection(self) -> HTTPConnection:
        url = self._url
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        return kind(url.hostname or "", url.port, timeout=self._timeout_s)

    @property
    def _credentials(self) -> dict[str, str]:
        """Of a URL that names a user."""
        user = b64encode(unquote(self._user).encode()).decode()
        return {"Authorization": f"Basic {user}"} if user else {}

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn an answer that is not MLflow's into an error."""
        try:
            yield
        except (ValueError, TypeError, LookupError) as error:
            raise self._unreachable("its answer cannot be understood") from error

    def _unreachable(self, reason: object) -> DependencyUnreachable:
        return DependencyUnreachable(
            f"MLflow at {self._url._replace(netloc=self._address).geturl()} does not do its work: {reason}.",
            "Is it running? See: matinee status.",
            code="mlflow-unreachable",
        )


def _read(response: HTTPResponse, block: memoryview) -> int:
    """Bytes read into `block`, 0 at the end. That a connection broke must not pass for a fault of the disk."""
    try:
        return response.readinto(block)
    except OSError as error:
        raise HTTPException(str(error)) from error


def _finite(data: dict[str, Any]) -> dict[str, float]:
    """Metrics of a run's data."""
    values = {str(each["key"]): float(each["value"]) for each in data.get("metrics", [])}
    return {name: value for name, value in values.items() if math.isfinite(value)}


def _artifact_path(registered: Registered) -> str:
    """Path of the artifact on MLflow's file proxy.

    Raises:
        BadData: the version's files are somewhere else.
    """
    source = urlsplit(registered.source)
    if source.scheme != "mlflow-artifacts":
        raise BadData(
            f"Version {registered.version} is registered with the files {registered.source}.",
            "Register it with the mlflow-artifacts URI of its files.",
        )
    return f"{source.path.strip('/')}/artifacts/{artifact.FOLDER}"
