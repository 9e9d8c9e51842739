"""wrk, the load generator: as fast as it can, or at a rate, with what its Lua script measured."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import gcd
from pathlib import Path
from tempfile import TemporaryDirectory

from matinee.errors import DependencyUnreachable

_SCRIPT = """
local paths = {%(paths)s}
local n = #paths
local body, delay_ms = %(body)s, %(delay_ms)s
local n_users, stride, place = %(n_users)d, %(stride)d, %(begins)d

function init(args)
  math.randomseed(%(seed)d)
  for _ = 1, 10 do math.random() end
end

function request()
  local path = paths[math.random(n)]
  if body then
    return wrk.format("POST", path, {["Content-Type"] = "application/json"}, body[math.random(#body)])
  end
  local user = math.random(n_users)
  if stride > 0 then
    local at = place * stride %% (n * n_users)
    place, path, user = place + 1, paths[math.floor(at / n_users) + 1], at %% n_users + 1
  end
  return wrk.format("GET", (path:gsub("{user}", user)))
end

if delay_ms > 0 then
  function delay()
    return math.floor(-math.log(1 - math.random()) * delay_ms + 0.5)
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %%d, "duration_s": %%f, "p50_ms": %%f, "p99_ms": %%f, "failed": %%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""

CONNECTIONS = 32

_seeds = count(1)
"""A run asks for others than the one before it, whose answers the server may have kept."""


@dataclass(frozen=True)
class Load:
    """What is asked for."""

    paths: Sequence[str]
    """One is chosen at random for each request; `{user}` in it becomes a random user id from 1."""
    n_users: int = 1
    bodies: Sequence[str] = ()
    """JSON bodies, one chosen at random for each request; with them requests are POSTs."""
    begins: int | None = None
    """Instead of at random every user and path come once, in a mixed order that is always the same, from this place."""

    @property
    def n_different(self) -> int:
        """Number of different requests without a body."""
        return self.n_users * len(self.paths)


@dataclass(frozen=True)
class Measured:
    """What wrk saw."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    failed: int
    requests: int


def run(
    url: str, load: Load, duration_s: float, *, connections: int = CONNECTIONS, requests_per_s: float = 0
) -> Measured:
    """Put `load` on a server: at about so many requests per second, or without a pause when that is 0.

    Raises:
        DependencyUnreachable: wrk is not installed, or the server does not answer.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise DependencyUnreachable(
            "The load generator wrk is not installed.", "Install it, on Debian with: apt-get install wrk."
        )
    delay_ms = connections / requests_per_s * 1000 if requests_per_s else 0
    with TemporaryDirectory() as folder:
        script = Path(folder) / "load.lua"
        script.write_text(
            _SCRIPT
            % {
                "paths": ", ".join(json.dumps(path) for path in load.paths),
                "body": "{" + ", ".join(f"[=[{body}]=]" for body in load.bodies) + "}" if load.bodies else "nil",
                "delay_ms": delay_ms,
                "n_users": load.n_users,
                "stride": 0 if load.begins is None else _stride(load.n_different),
                "begins": load.begins or 0,
                "seed": next(_seeds),
            }
        )
        command = [wrk, "-t1", f"-c{connections}", f"-d{max(1, round(duration_s))}s", "-s", str(script), url]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise DependencyUnreachable(f"wrk failed: {finished.stderr or finished.stdout}", "Does the server run?")
    found = json.loads(finished.stdout.splitlines()[-1])
    return Measured(
        requests_per_s=found["requests"] / found["duration_s"],
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        failed=found["failed"],
        requests=found["requests"],
    )


def _stride(n: int) -> int:
    """A step by which a walk around `n` places comes to each of them: about the golden section of n."""
    stride = max(1, round(n * 0.618))
    while gcd(stride, n) > 1:
        stride += 1
    return stride
