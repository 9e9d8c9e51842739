"""Requests to one MLflow server, tried again where that may help, and its errors as one."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from matinee.clients.tls import authorities
from matinee.errors import MatineeError

TIMEOUT_S = 60.0
TRIES, PAUSE_S = 3, 0.5
"""Quick tries, and the pause before the second: Airflow tries the whole task again."""
PASSING = {429, 500, 502, 503, 504}
"""Answers after which the same request may succeed."""
API = "/api/2.0/mlflow"

Json = dict[str, Any]


class MlflowError(MatineeError):
    """MLflow does not do what it was asked; `error_code` is its own word for why."""

    def __init__(self, message: str, error_code: str = "INTERNAL_ERROR") -> None:
        super().__init__(message)
        self.error_code = error_code


class MlflowHttp:
    """Sends requests to one server; every method raises `MlflowError`."""

    def __init__(self, url: str) -> None:
        # The server is this machine's or a neighbour's: a proxy of the environment is never on the way to it.
        # Connections are not kept: nobody closes this, and one to the same machine costs next to nothing.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S, limits=limits, verify=authorities(), trust_env=False)

    def ask(self, method: str, path: str, **more: Any) -> Json:  # noqa: ANN401  httpx's
        """JSON that a route of the API answers."""
        answer = self.send(method, f"{API}{path}", **more)
        try:
            return dict(answer.json())
        except ValueError as error:
            raise MlflowError(f"{path} did not answer JSON") from error

    def send(self, method: str, path: str, content: bytes | Path | None = None, **more: Any) -> httpx.Response:  # noqa: ANN401  httpx's
        """Answer to a request that succeeded; `content` is its body, or a file that each try reads from its start."""
        for number in range(1, TRIES + 1):
            try:
                with _opened(content) as body:
                    response = self._http.request(method, path, content=body, **more)
            except httpx.HTTPError as error:
                reason, code = str(error) or type(error).__name__, "INTERNAL_ERROR"
            else:
                if response.is_success:
                    return response
                reason, code = _told(response)
                if response.status_code not in PASSING:
                    break
            if number < TRIES:
                time.sleep(PAUSE_S * 2 ** (number - 1))
        raise MlflowError(reason, code)

    @contextmanager
    def stream(self, path: str) -> Iterator[Iterator[bytes]]:
        """Blocks of an answer that need not fit into memory."""
        try:
            with self._http.stream("GET", path) as response:
                if not response.is_success:
                    response.read()
                    raise MlflowError(*_told(response))
                yield response.iter_bytes()
        except httpx.HTTPError as error:
            raise MlflowError(str(error) or type(error).__name__) from error


def _opened(content: bytes | Path | None) -> AbstractContextManager[bytes | BinaryIO | None]:
    return content.open("rb") if isinstance(content, Path) else nullcontext(content)


def _told(response: httpx.Response) -> tuple[str, str]:
    """Message and code of an error."""
    try:
        said = response.json()
        return str(said.get("message", said)), str(said.get("error_code", "INTERNAL_ERROR"))
    except (ValueError, AttributeError):
        is_missing = response.status_code == httpx.codes.NOT_FOUND
        code = "RESOURCE_DOES_NOT_EXIST" if is_missing else "INTERNAL_ERROR"
        return f"{response.request.url.path} answered {response.status_code}", code
