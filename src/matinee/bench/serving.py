"""`matinee bench serving`: how much the server answers, how fast, and what a swap costs, on this machine.

Every kind of model is measured on a server of its own, beside a route of that server that answers a constant.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import structlog

from matinee.bench import loads, served_models, synthetic, wrk
from matinee.bench.loads import Bench
from matinee.bench.servers import ApiServer, api_server, registry
from matinee.bench.synthetic import Size

log = structlog.get_logger()

Figures = dict[str, Any]

MOST_SWAPS, SWAPS_PER_SECOND = 20, 5
"""Swaps in a row, fewer where loads last less than a few seconds."""


@dataclass(frozen=True)
class Wanted:
    """What is to be measured."""

    kinds: list[str]
    duration_s: float
    """How long each load lasts."""
    workers: int
    """Of the server."""


def measure(size_names: list[str], wanted: Wanted, models: Path | None = None) -> Figures:
    """Figures of each size (of `synthetic.SIZES`) and kind; `docs/serving.md` tells what each is.

    Args:
        size_names: of `synthetic.SIZES`.
        wanted: what is to be measured.
        models: folder in which the models are kept for the next time.

    Returns:
        `{size: {kind: {"requests_per_s": {"constant", "first", "first_plain", "cached", "fold_in"}, "first_share",
        "first_plain_share", "cached_share", "p99_at_half_ms", "fold_in_p99_at_half_ms", "swap", "memory_mb"}}}`.
    """
    figures: Figures = {}
    for name in size_names:
        size = synthetic.SIZES[name]
        with TemporaryDirectory(prefix="matinee-bench-") as folder:
            found = (models or Path(folder)) / name
            served_models.make(size, wanted.kinds, found)
            figures[name] = {kind: _measure(size, kind, found / kind, wanted) for kind in wanted.kinds}
    return figures


def _measure(size: Size, kind: str, models: Path, wanted: Wanted) -> Figures:
    with TemporaryDirectory(prefix="matinee-bench-") as folder, registry(models) as mlflow:
        home = Path(folder)
        with api_server(home, mlflow, wanted.workers) as app:
            figures = _loads(app, size, wanted.duration_s)
            figures["swap"] = _swaps(app, size, wanted.duration_s)
        one, two, four = (_memory_mb(size, home, mlflow, number) for number in (1, 2, 4))
    extra = (four - two) / 2
    # A single worker has no parent.
    figures["memory_mb"] = {"first_worker": one, "parent": two - one - extra, "extra_worker": extra}
    log.info("measured", size=size.name, kind=kind, **figures["requests_per_s"])
    return figures


def _loads(app: ApiServer, size: Size, duration_s: float) -> Figures:
    """Requests per second and latencies, side by side."""
    app.swap(1)
    app.rate(loads.news(size))
    bench = Bench(app, duration_s)
    constant_bytes = app.answer_bytes(f"/v1/users/1/recommendations?k={int(np.mean(loads.K))}")
    constant, _ = bench.at_most(wrk.Load([f"/bench/constant/{constant_bytes}"]))
    first, rest = bench.at_most(loads.first_answers(size, reasons=True))
    plain, _ = bench.at_most(loads.first_answers(size, reasons=False))
    cached, _ = bench.at_most(loads.regulars(size))
    fold_in, _ = bench.at_most(loads.sessions(size))
    measured = {"constant": constant, "first": first, "first_plain": plain, "cached": cached, "fold_in": fold_in}
    first_at_half, fold_in_at_half = bench.at_half(rest, first), bench.at_half(loads.sessions(size), fold_in)
    shares = ("first", "first_plain", "cached")
    return {
        "requests_per_s": {name: round(each.requests_per_s) for name, each in measured.items()},
        **{f"{name}_share": measured[name].requests_per_s / constant.requests_per_s for name in shares},
        "p99_at_half_ms": first_at_half.p99_ms,
        "fold_in_p99_at_half_ms": fold_in_at_half.p99_ms,
        "failed": sum(each.failed for each in (*measured.values(), first_at_half, fold_in_at_half)),
    }


def _swaps(app: ApiServer, size: Size, duration_s: float) -> Figures:
    """Swaps in a row, at rest, and under half of the load that the server can carry."""
    n_swaps = min(MOST_SWAPS, max(1, round(SWAPS_PER_SECOND * duration_s)))
    n_at_rest = min(5, n_swaps)
    at_rest = [app.swap(version) for version in range(2, 2 + n_at_rest)]
    most = wrk.run(app.url, loads.known(size), duration_s)

    def load(seconds: float) -> wrk.Measured:
        return wrk.run(app.url, loads.known(size), seconds, requests_per_s=most.requests_per_s / 2)

    seconds = n_swaps * max(1.0, 2 * max(at_rest)) + 2
    steady = load(seconds)
    under_load: list[float] = []
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load, seconds)
        time.sleep(1)
        for version in range(2 + n_at_rest, 2 + n_at_rest + n_swaps):
            under_load.append(app.swap(version))
            time.sleep(0.25)
        during = loading.result()
    return {
        "at_rest_s": {"median": float(np.median(at_rest)), "max": max(at_rest)},
        "under_load_s": {"median": float(np.median(under_load)), "max": max(under_load)},
        "known_per_s": round(most.requests_per_s),
        "steady_p99_ms": steady.p99_ms,
        "during_p99_ms": during.p99_ms,
        "failed": during.failed,
        "requests": during.requests,
    }


def _memory_mb(size: Size, home: Path, mlflow: str, workers: int) -> float:
    with api_server(home, mlflow, workers) as app:
        wrk.run(app.url, loads.known(size), 3)
        return app.memory_bytes() / 1e6
