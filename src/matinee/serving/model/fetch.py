"""Bring a registered version from MLflow to the disk: what is registered, and its files."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, closing
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from matinee import artifact
from matinee.clients.mlflow_rest import FILES, MlflowReader, RegisteredVersion, artifact_path
from matinee.errors import BadData
from matinee.serving.model.served import Registered
from matinee.serving.workers.background import run_steps_in_background
from matinee.storage import disk_errors

_BLOCK_BYTES = 1 << 18
"""Of a file that is copied; small enough to leave what answers need in a core's cache."""


class ModelSource:
    """The registered versions of one MLflow, as a server needs them.

    Every method raises `DependencyUnreachable` when MLflow does not answer in time, or not as it should.
    """

    def __init__(self, mlflow: MlflowReader) -> None:
        self._mlflow = mlflow
        self._url = urlsplit(mlflow.url)

    def within_time(self) -> AbstractAsyncContextManager[None]:
        """See `MlflowReader.within_time`."""
        return self._mlflow.within_time()

    async def registered(self, version: str | None) -> Registered:
        """A version with its metrics; the one in production when `version` is None.

        Raises:
            NotFound: there is no such version, or none in production.
        """
        found = await (self._mlflow.in_production() if version is None else self._mlflow.version(version))
        return _registered(found, await self._mlflow.metrics(found.run_id))

    async def in_production(self) -> Registered:
        """The version in production, without its metrics: one small request.

        Raises:
            NotFound: none is in production.
        """
        return _registered(await self._mlflow.in_production(), {})

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

    async def _download(self, path: str, target: Path) -> None:
        """In a thread: thousands of blocks would each wait for a turn of the event loop that answers people.

        At low priority, and what is left after `PATIENCE_S` at the usual one.
        """
        given_up = threading.Event()
        copying = self._copy(path, target, given_up)
        try:
            await run_steps_in_background(copying)
        except (OSError, HTTPException) as error:
            raise self._mlflow.unavailable(str(error) or type(error).__name__) from error
        finally:
            given_up.set()

    def _copy(self, path: str, target: Path, given_up: threading.Event) -> Iterator[None]:
        """Copies a block at each step."""
        # Not by httpx, whose way from the socket to the file is Python: it would hold up answers for a second.
        with closing(self._connection()) as connection:
            connection.request("GET", f"{self._url.path.rstrip('/')}{FILES}/{quote(path)}", headers=self._credentials)
            response = connection.getresponse()
            if response.status == 404:
                raise BadData(f"MLflow has no file {path}.", "Train it again, or deploy another version.")
            if response.status != 200:
                raise HTTPException(f"it answered {response.status}")
            with disk_errors(target), target.open("wb") as file:
                for block in _blocks(response):
                    if given_up.is_set():
                        return
                    file.write(block)
                    yield
            if response.length:
                raise HTTPException(f"it closed the connection {response.length} bytes before the end of a file")

    def _connection(self) -> HTTPConnection:
        url = self._url
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        return kind(url.hostname or "", url.port, timeout=self._mlflow.timeout_s)

    @property
    def _credentials(self) -> dict[str, str]:
        """Of a URL that names a user."""
        user = b64encode(unquote(self._url.netloc.rpartition("@")[0]).encode()).decode()
        return {"Authorization": f"Basic {user}"} if user else {}


def _blocks(response: HTTPResponse) -> Iterator[memoryview]:
    """The body. That a connection broke must not pass for a fault of the disk."""
    block = memoryview(bytearray(_BLOCK_BYTES))
    while True:
        try:
            n_bytes = response.readinto(block)
        except OSError as error:
            raise HTTPException(str(error)) from error
        if n_bytes == 0:
            return
        yield block[:n_bytes]


def _registered(found: RegisteredVersion, metrics: dict[str, float]) -> Registered:
    return Registered(version=found.version, run_id=found.run_id, source=found.source, metrics=metrics)


def _artifact_path(registered: Registered) -> str:
    """Path of the artifact on MLflow's file proxy.

    Raises:
        BadData: the version's files are somewhere else.
    """
    path = artifact_path(registered.source)
    if path is None:
        raise BadData(
            f"Version {registered.version} is registered with the files {registered.source}.",
            "Register it with the mlflow-artifacts URI of its files.",
        )
    return path
