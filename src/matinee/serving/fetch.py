"""What the server asks of MLflow, over its REST API: importing mlflow would cost two seconds and 200 packages."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from matinee.errors import BadData, DependencyUnreachable, NotFound
from matinee.models import artifact
from matinee.serving.served import NAME, Registered
from matinee.serving.shelf import writing

ALIAS = "production"
TIMEOUT_S = 10.0
"""Longest silence of MLflow."""
TOTAL_TIMEOUT_S = 100.0
"""Longest time for all that one swap asks of MLflow."""

_API = "/api/2.0/mlflow"
_FILES = "/api/2.0/mlflow-artifacts/artifacts"
_BLOCK_BYTES = 1 << 20
_MISSING = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
"""How MLflow says that there is no such thing; of an alias it says the second."""


class MlflowReader:
    """Versions, metrics and files of the registered model on one MLflow server.

    Every method raises `DependencyUnreachable` when MLflow does not answer in time, or not as it should.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
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
            values = {str(each["key"]): float(each["value"]) for each in found["run"]["data"].get("metrics", [])}
        return {name: value for name, value in values.items() if math.isfinite(value)}

    async def _get(self, path: str, parameters: dict[str, str], otherwise: str) -> dict[str, Any]:
        """JSON of a route; `otherwise` is said when what was asked for does not exist."""
        try:
            response = await self._http.get(path, params=parameters)
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
        try:
            async with self._http.stream("GET", f"{_FILES}/{quote(path)}") as response:
                if response.status_code == 404:
                    raise BadData(f"MLflow has no file {path}.", "Train it again, or deploy another version.")
                response.raise_for_status()
                with writing(), target.open("wb") as file:
                    async for block in response.aiter_bytes(_BLOCK_BYTES):
                        await asyncio.to_thread(file.write, block)
        except httpx.HTTPError as error:
            raise self._unreachable(str(error) or type(error).__name__) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn an answer that is not MLflow's into an error."""
        try:
            yield
        except (ValueError, TypeError, LookupError) as error:
            raise self._unreachable("its answer cannot be understood") from error

    def _unreachable(self, reason: object) -> DependencyUnreachable:
        return DependencyUnreachable(
            f"MLflow at {self._url} does not do its work: {reason}.", "Is it running? See: matinee status."
        )


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
