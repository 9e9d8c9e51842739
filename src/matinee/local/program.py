"""What a supervised process is, and how its health is asked."""

import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import httpx

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


def http_probe(url: str) -> Probe:
    """Up when `url` answers 200."""

    def probe() -> Health:
        try:
            return Health.UP if httpx.get(url, timeout=PROBE_TIMEOUT_S).is_success else Health.DOWN
        except httpx.HTTPError:
            return Health.DOWN

    return probe


def heartbeat_probe(url: str, component: str) -> Probe:
    """Up when Airflow's health report at `url` calls `component` healthy; unknown while there is no report."""

    def probe() -> Health:
        try:
            status = httpx.get(url, timeout=PROBE_TIMEOUT_S).raise_for_status().json()[component]["status"]
        except (httpx.HTTPError, ValueError, LookupError):
            return Health.UNKNOWN
        return Health.UP if status == "healthy" else Health.DOWN

    return probe


def command_probe(*command: str) -> Probe:
    """Up when `command` ends with exit code 0."""

    def probe() -> Health:
        try:
            done = subprocess.run(command, capture_output=True, timeout=PROBE_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return Health.DOWN
        return Health.UP if done.returncode == 0 else Health.DOWN

    return probe
