"""What `/metrics` tells. Names, labels and units are here and nowhere else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from matinee.serving.served import ServedModel

LATENCY_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5)
SWAP_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)


@dataclass
class SwapOutcome:
    """How a swap that did not fail ended."""

    label: str = "swapped"

    def unchanged(self) -> None:
        """The version was served already."""
        self.label = "unchanged"


class Metrics:
    """The metrics of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "matinee_requests_total",
            "Requests by route, status and policy of the answer (empty where nothing was ranked).",
            ["method", "route", "status", "policy"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "matinee_request_duration_seconds",
            "Time to answer a request.",
            ["route", "policy"],
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self._lists = Counter(
            "matinee_recommendations_total",
            "Lists by policy; `popular` is the fallback.",
            ["policy"],
            registry=self.registry,
        )
        self._ratings = Counter("matinee_ratings_received_total", "Ratings that were stored.", registry=self.registry)
        self._swaps = Counter(
            "matinee_model_swaps_total", "Swaps: swapped, unchanged or failed.", ["outcome"], registry=self.registry
        )
        self._swap_duration = Histogram(
            "matinee_model_swap_duration_seconds",
            "Time from a swap's request to its end.",
            buckets=SWAP_BUCKETS_S,
            registry=self.registry,
        )
        self._info = Gauge(
            "matinee_model_info", "The served model; 1.", ["version", "run_id", "algorithm"], registry=self.registry
        )
        self._version = Gauge(
            "matinee_model_version", "Version that is served; 0 for the fallback.", registry=self.registry
        )
        self._loaded = Gauge(
            "matinee_model_loaded_timestamp_seconds", "When the served model was loaded.", registry=self.registry
        )
        self._age = Gauge(
            "matinee_model_age_seconds",
            "Time since the served model was trained; 0 for the fallback.",
            registry=self.registry,
        )
        self._movies = Gauge("matinee_catalogue_movies", "Movies that can be recommended.", registry=self.registry)

    def observe_request(self, method: str, route: str, status: int, policy: str, duration_s: float) -> None:
        """Count an answered request; `policy` is empty where nothing was ranked."""
        self._requests.labels(method, route, str(status), policy).inc()
        self._latency.labels(route, policy).observe(duration_s)

    def observe_list(self, policy: str) -> None:
        """Count a list of recommendations."""
        self._lists.labels(policy).inc()

    def observe_ratings(self, stored: int) -> None:
        """Count stored ratings."""
        self._ratings.inc(stored)

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
        self._info.clear()
        self._info.labels(served.version or "", served.run_id or "", served.provenance.algorithm).set(1)
        self._version.set(int(served.version or 0))
        self._loaded.set(served.loaded_at.timestamp())
        self._age.set_function(lambda: _age_s(served.provenance.trained_at))
        self._movies.set(len(served.catalogue))

    def page(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)


def _age_s(trained_at: datetime | None) -> float:
    return time.time() - trained_at.timestamp() if trained_at else 0.0
