"""Requests to one API server and their answers: typed models, or matinee's own errors."""

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from matinee.clients.schemas.fields import Answer
from matinee.clients.schemas.problems import Problem
from matinee.clients.tls import authorities
from matinee.errors import BadData, DependencyUnreachable, Expired, MatineeError, NotFound, Refused, UsageError

CONNECT_TIMEOUT_S = 2.0

NO_ANSWER = "api-unreachable"
"""Code of the error when it is the API server itself that does not answer."""

UNAUTHORIZED = "unauthorized"
"""Code of the error when the token is missing or wrong."""

_ERRORS = {error.http_status: error for error in (UsageError, NotFound, Expired, BadData, Refused)}

_BYTES = {"Content-Type": "application/octet-stream"}

_A = TypeVar("_A", bound=Answer)


class Transport:
    """Sends requests to one API server; safe to share between threads."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        timeout = httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
        # The server is this machine's or a neighbour's: a proxy of the environment is never on the way to it.
        self._http = httpx.Client(base_url=url, timeout=timeout, verify=authorities(), trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, kind: type[_A], path: str, parameters: Mapping[str, Any] | None = None) -> _A:
        """The answer of a route, read as `kind`."""
        return self._read(kind, self.send("GET", path, params=parameters))

    def post(self, kind: type[_A], path: str, body: object, headers: Mapping[str, str], **more: Any) -> _A:  # noqa: ANN401  httpx's
        """The answer to a body, read as `kind`."""
        return self._read(kind, self.send("POST", path, json=body, headers=headers, **more))

    def change(self, kind: type[_A], method: str, path: str, body: object, headers: Mapping[str, str]) -> _A:
        """The typed answer to a request of another method with a body."""
        return self._read(kind, self.send(method, path, json=body, headers=headers))

    def read(self, kind: type[_A], method: str, path: str, content: bytes) -> _A:
        """The typed answer to bytes."""
        return self._read(kind, self.send(method, path, content=content, headers=_BYTES))

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401  httpx's
        """The successful answer to a request; every route may be asked twice without changing anything twice.

        Raises:
            NotFound, Expired, UsageError, BadData, Refused: the server's problem document, by its status.
            DependencyUnreachable: the server did not answer, or failed.
        """
        request = self._http.build_request(method, path, **more)
        try:
            try:
                response = self._http.send(request)
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                # A kept connection dies with the server that restarts; a fresh one may find the new server.
                response = self._http.send(request)
        except httpx.HTTPError as error:
            raise self._unreachable(f"does not answer ({type(error).__name__})") from error
        if not response.is_success:
            raise self._error(response)
        return response

    def succeeds(self, path: str) -> bool:
        """Whether a route answers with success; never raises."""
        try:
            return self._http.get(path).is_success
        except httpx.HTTPError:
            return False

    def _read(self, kind: type[_A], response: httpx.Response) -> _A:
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise self._unreachable(f"gave no {kind.__name__} of API version 1") from error

    def _error(self, response: httpx.Response) -> MatineeError:
        try:
            problem = Problem.model_validate_json(response.content)
        except ValidationError:
            said, hint, code = response.reason_phrase, "", ""
        else:
            said, hint, code = problem.detail or problem.title, problem.hint or "", problem.code
        if response.is_server_error:
            return self._unreachable(f"answered {response.status_code}: {said}", hint, code)
        code = code or (UNAUTHORIZED if response.status_code == 401 else "")
        return _ERRORS.get(response.status_code, UsageError)(said, hint, code=code)

    def _unreachable(self, what: str, hint: str = "", code: str = "") -> DependencyUnreachable:
        message = f"The API server at {self._url} {what.rstrip('.')}."
        return DependencyUnreachable(message, hint or "See that it runs: matinee status.", code=code or NO_ANSWER)
