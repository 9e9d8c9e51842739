"""What a supervised process is, and how its health is asked."""

import http.client
import json
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PROBE_TIMEOUT_S = 5.0


class Health(Enum):
    """Answer of a probe."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"
    """The process that could tell is away itself; nothing follows from that."""


Probe = Callable[[], Health]


@dataclass(frozen=True)
class Program:
    """One process to keep running."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    """Programs that must be ready before this one starts, and that stop only after it."""
    probe: Probe | None = None
    """Says whether it works; a program without one counts as ready once it was started."""
    prepare: Callable[[], None] | None = None
    """Runs before each start."""
    once: bool = False
    """It does its work and ends, as a database migration does; ready means ended with exit code 0."""
    port: int | None = None
    port_setting: str = ""
    """Environment variable that changes `port`."""
    address: str = ""
    """What a person opens in a browser."""
    stop_signal: signal.Signals = signal.SIGTERM
    hung_after_s: float | None = None
    """Once it was ready, silence after which it is taken for hung; None for the supervisor's default."""
    niceness: int = 0
    """How much it gives way to programs of a lower niceness, with all that it starts."""
    folder: Path | None = None
    """Where all its processes work, if that tells them from all others."""
    warning: Callable[[], str] | None = None
    """Says what does not work although the program runs; empty when all does."""


def http_probe(url: str) -> Probe:
    """Up when `url` answers 200."""

    def probe() -> Health:
        return Health.DOWN if _get(url) is None else Health.UP

    return probe


def heartbeat_probe(url: str, component: str) -> Probe:
    """Up when Airflow's health report at `url` calls `component` healthy; unknown while there is no report."""

    def probe() -> Health:
        body = _get(url)
        if body is None:
            return Health.UNKNOWN
        report: dict[str, Any] = json.loads(body)
        return Health.UP if report.get(component, {}).get("status") == "healthy" else Health.DOWN

    return probe


def problems_at(url: str) -> Callable[[], str]:
    """The problems that the API server names at `url` (its readiness), or why it is not ready."""

    def warning() -> str:
        status, body = _answer(url)
        try:
            said: dict[str, Any] = json.loads(body)
        except ValueError:  # nobody answers, or not in words of ours: the probe tells of that
            return ""
        return " ".join(said.get("problems", {}).values()) if status == 200 else str(said.get("detail", ""))

    return warning


def command_probe(*command: str) -> Probe:
    """Up when `command` ends with exit code 0."""

    def probe() -> Health:
        try:
            done = subprocess.run(command, capture_output=True, timeout=PROBE_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return Health.DOWN
        return Health.UP if done.returncode == 0 else Health.DOWN

    return probe


def _get(url: str) -> bytes | None:
    """Body of `url` if it answers 200."""
    status, body = _answer(url)
    return body if status == 200 else None


def _answer(url: str) -> tuple[int, bytes]:
    """Status and body of `url`; zero and nothing when it does not answer.

    The plainest client there is: it is asked often, and wants no proxy or TLS.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PROBE_TIMEOUT_S)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
