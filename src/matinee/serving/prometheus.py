"""What `/metrics` reports. Names, labels and units are here and nowhere else; `docs/metrics.md` is made from them.

Each of several workers counts in files of its own, and the one that is asked adds them up (`workers.shared`). What
describes the served model is the same in all of them, so the worker that is asked reports its own.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from matinee.ranking import Policy
from matinee.serving.answering.coverage import CoverageMap
from matinee.serving.model.served import Provenance, ServedModel
from matinee.serving.workers import metric_files, shared
from matinee.serving.workers.health import WorkerHealth
from matinee.serving.workers.restarts import Restarts

metric_files.install()

LATENCY_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SWAP_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)


@dataclass
class SwapOutcome:
    """How a swap that did not fail ended."""

    label: str = "swapped"

    def unchanged(self) -> None:
        """The version was served already."""
        self.label = "unchanged"


class Metrics:
    """The metrics of one worker, in a registry of its own.

    Args:
        folder: where the workers note which movies they have recommended.
        health: what is wrong with this worker.
    """

    def __init__(self, folder: Path, health: WorkerHealth) -> None:
        self.health = health
        self._counted = CollectorRegistry()
        self._described = CollectorRegistry()
        self._described.register(_Model(self))
        self._described.register(_Processes())
        self._described.register(_Problems(health))
        self._described.register(Restarts(health.home))
        self._folder = folder
        self.gains: Mapping[int, float] = {}
        """What production gains over itself of so many days ago, in parts of the older model's NDCG@10."""
        self._served: ServedModel | None = None
        self._coverage: CoverageMap | None = None
        self._requests = Counter(
            "matinee_requests_total",
            "Requests by route, status and policy of the answer (empty where nothing was ranked).",
            ["method", "route", "status", "policy"],
            registry=self._counted,
        )
        self._latency = Histogram(
            "matinee_request_duration_seconds",
            "Time to answer a request.",
            ["route", "policy"],
            buckets=LATENCY_BUCKETS_S,
            registry=self._counted,
        )
        self._lists = Counter(
            "matinee_recommendations_total",
            "Lists by policy; the share of `popular` is that of the fallback.",
            ["policy"],
            registry=self._counted,
        )
        self._ratings = Counter("matinee_ratings_received_total", "Ratings that were stored.", registry=self._counted)
        self._withdrawals = Counter(
            "matinee_withdrawals_total",
            "Ratings and users that were taken back.",
            ["what"],
            registry=self._counted,
        )
        self._impressions = Counter(
            "matinee_impressions_total",
            "Lists that were shown: written to disk, or dropped because too many waited.",
            ["outcome"],
            registry=self._counted,
        )
        self._task_failures = Counter(
            "matinee_background_task_failures_total",
            "Background tasks that died and were started again.",
            ["task"],
            registry=self._counted,
        )
        self._swaps = Counter(
            "matinee_model_swaps_total", "Swaps: swapped, unchanged or failed.", ["outcome"], registry=self._counted
        )
        self._swap_duration = Histogram(
            "matinee_model_swap_duration_seconds",
            "Time from a swap's request to its end.",
            buckets=SWAP_BUCKETS_S,
            registry=self._counted,
        )

    @property
    def served(self) -> ServedModel | None:
        """The served model; None before there is anything to serve."""
        return self._served

    @property
    def coverage(self) -> CoverageMap | None:
        """What was recommended since the served model was loaded; None before there is anything to serve."""
        return self._coverage

    def observe_request(self, method: str, route: str, status: int, policy: str, duration_s: float) -> None:
        """Count an answered request; `policy` is empty where nothing was ranked."""
        # Anybody may invent methods; each would be counted for ever.
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, str(status), policy).inc()
        self._latency.labels(route, policy).observe(duration_s)

    def observe_list(self, served: ServedModel, policy: Policy, items: NDArray[np.int64]) -> None:
        """Count a list of recommendations, of movies by their matrix rows."""
        self._lists.labels(policy).inc()
        loaded = served.origin or served
        if self._coverage is not None and loaded is self._served:
            self._coverage.add(items if loaded is served else items[items < len(loaded.catalogue)])

    def observe_ratings(self, stored: int) -> None:
        """Count stored ratings."""
        self._ratings.inc(stored)

    def observe_withdrawal(self, what: Literal["rating", "user"]) -> None:
        """Count a rating, or a user, that was taken back."""
        self._withdrawals.labels(what).inc()

    def observe_impressions(self, outcome: Literal["written", "dropped"], lists: int) -> None:
        """Count lists of which impressions were written, or dropped."""
        self._impressions.labels(outcome).inc(lists)

    def observe_task_failure(self, task: str) -> None:
        """Count a background task that died."""
        self._task_failures.labels(task).inc()

    @contextmanager
    def swapping(self) -> Iterator[SwapOutcome]:
        """Time and count the swap in the block, by how it ends."""
        started = time.perf_counter()
        outcome = SwapOutcome()
        label = "failed"
        try:
            yield outcome
            label = outcome.label
        finally:
            self._swaps.labels(label).inc()
            self._swap_duration.observe(time.perf_counter() - started)

    def serve(self, served: ServedModel) -> None:
        """Describe the model that is served from now on."""
        self._coverage = CoverageMap(self._folder, served.version or "fallback", len(served.catalogue))
        self._served = served

    def page(self) -> bytes:
        """All metrics in Prometheus's text format."""
        counted, folder = self._counted, shared.metrics_folder()
        if folder is not None:
            counted = CollectorRegistry()
            counted.register(metric_files.SharedMetrics(folder))
        return generate_latest(counted) + generate_latest(self._described)


class _Model(Collector):
    """What is served, read when it is asked for."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        served = self._metrics.served
        made = served.provenance if served else Provenance("", None, None, None)
        info = GaugeMetricFamily(
            "matinee_model_info", "The served model; 1.", labels=["version", "run_id", "algorithm"]
        )
        if served:
            info.add_metric([served.version or "", served.run_id or "", made.algorithm], 1)
        yield info
        yield GaugeMetricFamily(
            "matinee_model_version",
            "Version that is served; 0 for the fallback.",
            int((served and served.version) or 0),
        )
        yield GaugeMetricFamily(
            "matinee_model_loaded_timestamp_seconds",
            "When the served model was loaded.",
            served.loaded_at.timestamp() if served else 0,
        )
        yield GaugeMetricFamily(
            "matinee_model_age_seconds",
            "Time since the served model was trained; 0 for the fallback.",
            _since(made.trained_at),
        )
        yield GaugeMetricFamily(
            "matinee_model_staleness_seconds",
            "Time since the end of the data that the served model has learned from; 0 when there are none.",
            _since(made.data_through),
        )
        yield GaugeMetricFamily(
            "matinee_catalogue_movies", "Movies that can be recommended.", len(served.catalogue) if served else 0
        )
        yield GaugeMetricFamily(
            "matinee_recommended_movies_ratio",
            "Part of the catalogue that was recommended since the served model was loaded.",
            self._metrics.coverage.share if self._metrics.coverage else 0.0,
        )
        gains = GaugeMetricFamily(
            "matinee_freshness_gain_ratio",
            "What production gains in NDCG@10 over itself of so many days ago, on the newest chunks, in parts of the "
            "older one; absent while it is not known.",
            labels=["days"],
        )
        for days, gain in self._metrics.gains.items():
            gains.add_metric([str(days)], gain)
        yield gains


class _Problems(Collector):
    """What is wrong with the worker that is asked, and how much room is left for the home."""

    def __init__(self, health: WorkerHealth) -> None:
        self._health = health

    def collect(self) -> Iterable[Metric]:
        problems = GaugeMetricFamily(
            "matinee_problem", "1 for each part of the worker that has a problem (see readiness).", labels=["part"]
        )
        for part in sorted(self._health.problems()):
            problems.add_metric([part], 1)
        yield problems
        yield GaugeMetricFamily(
            "matinee_disk_free_bytes",
            "Space that is left for the home; 0 when it is read-only.",
            self._health.free_bytes(),
        )


class _Processes(Collector):
    """Memory, CPU time and files of each worker, labelled with its process id."""

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for pid in _workers():
            for one in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]
                family = families.setdefault(one.name, Metric(one.name, one.documentation, one.type))
                for sample in one.samples:
                    family.add_sample(sample.name, {**sample.labels, "pid": str(pid)}, sample.value)
        return families.values()


def _workers() -> list[int]:
    """Process ids of the workers that live."""
    folder = shared.metrics_folder()
    if folder is None:
        return [os.getpid()]
    found = {int(match[1]) for path in folder.glob("*.db") if (match := re.search(r"_(\d+)\.db$", path.name))}
    return sorted(pid for pid in found if _lives(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError, OverflowError):  # the last two of a file that no worker has made
        return False
    return True


def _since(moment: datetime | None) -> float:
    return time.time() - moment.timestamp() if moment else 0.0
