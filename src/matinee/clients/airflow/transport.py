"""Requests to Airflow's REST API: they survive a short absence of its server, which its supervisor restarts."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import httpx

from matinee.clients.tls import authorities
from matinee.errors import DependencyUnreachable

T = TypeVar("T")

POLL_S = 0.5
"""Pause between two questions about the same thing."""

_AWAY = (401, 500, 502, 503, 504)
"""Answers of a server that is not itself yet, whose database is away, or that has forgotten us."""


class AirflowTransport:
    """Asks the server at `url`; it may be away for `absence_s`, and silent for `timeout_s`."""

    def __init__(self, url: str, absence_s: float, timeout_s: float) -> None:
        self.url = url
        self.absence_s = absence_s
        # The server is this machine's or a neighbour's: a proxy of the environment is never on the way to it.
        self._http = httpx.Client(base_url=url, timeout=timeout_s, verify=authorities(), trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        final: Collection[int] = (),
    ) -> httpx.Response:
        """Answer of Airflow; asks again while its server is away. Safe for POST, since a run id is used once.

        Args:
            method: of HTTP.
            path: below `/api/v2`.
            params: of the query.
            json: the body.
            final: statuses that mean something here, though elsewhere they mean that the server is away.

        Raises:
            DependencyUnreachable: it stays away.
        """
        deadline = time.monotonic() + self.absence_s
        while True:
            try:
                if "Authorization" not in self._http.headers:
                    self._authorize()
                answer = self._http.request(method, f"/api/v2{path}", params=params, json=json)
                if answer.status_code not in _AWAY or answer.status_code in final:
                    return answer
                self._http.headers.pop("Authorization", None)
                problem = f"HTTP {answer.status_code}: {answer.text[:200]}"
            except httpx.HTTPError as error:
                problem = str(error) or type(error).__name__
            if time.monotonic() > deadline:
                raise DependencyUnreachable(
                    f"Airflow does not answer at {self.url} ({problem}).",
                    "Start it with `matinee up`, or correct MATINEE_AIRFLOW_URL.",
                    code="airflow-unreachable",
                )
            time.sleep(POLL_S)

    def _authorize(self) -> None:
        answer = self._http.get("/auth/token").raise_for_status()
        try:
            token = answer.json()["access_token"]
        except (ValueError, TypeError, LookupError) as error:
            raise httpx.DecodingError("its /auth/token gave no token; is a login of its own in front of it?") from error
        self._http.headers["Authorization"] = f"Bearer {token}"


def read_json(answer: httpx.Response, read: Callable[[dict[str, Any]], T]) -> T:
    """What `read` makes of the JSON object of an answer.

    Raises:
        DependencyUnreachable: it is an error, or not what Airflow answers, such as the page of a login in front of it.
    """
    if not answer.is_success:
        raise _unusable(answer, "")
    try:
        return read(answer.json())
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _unusable(answer, ", which cannot be understood") from error


def _unusable(answer: httpx.Response, why: str) -> DependencyUnreachable:
    return DependencyUnreachable(
        f"Airflow answered {answer.status_code} to {answer.request.method} {answer.request.url.path}{why}.",
        f"It said: {answer.text[:200]}",
        code="airflow-unreachable",
    )
