"""wrk, the load generator: as fast as it can, or at a rate, with what its Lua script measured."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from matinee.errors import DependencyUnreachable

_SCRIPT = """
local paths = {%(paths)s}
local n = #paths
local body, delay_ms = %(body)s, %(delay_ms)s

function init(args)
  math.randomseed(%(seed)d)
  for _ = 1, 10 do math.random() end
end

function request()
  local path = paths[math.random(n)]
  if body then
    return wrk.format("POST", path, {["Content-Type"] = "application/json"}, body[math.random(#body)])
  end
  return wrk.format("GET", (path:gsub("{user}", math.random(%(n_users)d))))
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


@dataclass(frozen=True)
class Measured:
    """What wrk saw."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    failed: int
    requests: int


def run(url: str, load: Load, duration_s: float, *, connections: int = 32, requests_per_s: float = 0) -> Measured:
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
