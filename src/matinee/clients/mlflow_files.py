"""Files behind MLflow's file proxy, named by URIs such as `mlflow-artifacts:/1/models/m-…/artifacts`."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from matinee.clients.mlflow_http import MlflowError, MlflowHttp
from matinee.clients.mlflow_rest import FILES


class StoredFile(NamedTuple):
    """A file below a URI."""

    path: str
    """Relative to the URI."""
    size_bytes: int


class MlflowFiles:
    """The files of one MLflow server; every method raises `MlflowError`."""

    def __init__(self, http: MlflowHttp) -> None:
        self._http = http

    def list(self, uri: str) -> Iterator[StoredFile]:
        """All files below a URI, in folders or not; none where there is nothing."""
        root = _path(uri)
        for found in self._http.send("GET", FILES, params={"path": root}).json().get("files", []):
            name = PurePosixPath(found["path"]).name  # a server must not choose where a file is put
            if found["is_dir"]:
                for each in self.list(f"{uri}/{name}"):
                    yield StoredFile(f"{name}/{each.path}", each.size_bytes)
            else:
                yield StoredFile(name, int(found.get("file_size", 0)))

    def download(self, uri: str, folder: Path) -> None:
        """Put all files below a URI into a folder."""
        found = list(self.list(uri))
        if not found:
            raise MlflowError(f"there is no file below {uri}", "RESOURCE_DOES_NOT_EXIST")
        for each in found:
            target = folder / each.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._http.stream(_route(uri, each.path)) as blocks, target.open("wb") as file:
                file.writelines(blocks)

    def upload(self, uri: str, name: str, content: bytes | Path) -> None:
        """Write one file below a URI: what is given, or what a file has, which need not fit into memory."""
        self._http.send("PUT", _route(uri, name), content=content)

    def delete(self, uri: str, name: str = "") -> None:
        """Remove a file below a URI, or all of them."""
        self._http.send("DELETE", _route(uri, name))


def _route(uri: str, name: str) -> str:
    return f"{FILES}/{quote(_path(uri))}/{quote(name)}".rstrip("/")


def _path(uri: str) -> str:
    url = urlsplit(uri)
    if url.scheme != "mlflow-artifacts":
        raise MlflowError(f"the files at {uri} are not behind MLflow's file proxy; start it with --serve-artifacts")
    return url.path.strip("/")
