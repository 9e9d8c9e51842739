"""What several workers count is added up by whichever is asked."""

import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from matinee.serving.answering.coverage import CoverageMap

SCRIPT = """
    import os, sys
    from pathlib import Path
    from matinee.serving.workers import shared

    home = Path(sys.argv[1])
    shared.prepare(home)

    from matinee.serving.prometheus import Metrics
    from matinee.serving.workers.health import WorkerHealth

    def count(n_requests: int) -> None:
        metrics = Metrics(shared.folder(home), WorkerHealth(home))
        for _ in range(n_requests):
            metrics.observe_request("GET", "/health/live", 200, "", 0.003)
        metrics.observe_ratings(n_requests)
        with metrics.swapping():
            pass

    for n_requests in (2, 3):
        worker = os.fork()
        if worker == 0:
            count(n_requests)
            os._exit(0)
        os.waitpid(worker, 0)
    count(5)
    exec(sys.argv[2])
    sys.stdout.buffer.write(Metrics(shared.folder(home), WorkerHealth(home)).page())
    print("pid", os.getpid())
"""


def page_after(home, change: str = "") -> str:
    """What is told by a server whose workers answered 2, 3 and 5 requests, and of which two have died since."""
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(home), change]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    return page_after(tmp_path_factory.mktemp("home"))


def test_files_that_are_none_of_the_workers_are_left_out_and_told(tmp_path):
    contents = {
        "notes.db": b"",
        "counter_999999.db": b"",
        "histogram_999999.db": b"cut",
        "counter_999998.db": b"\1\1\0\0" + bytes(range(255)) * 9,
        "gauge_1.db": b"SQLite format 3\0",
    }
    page = page_after(tmp_path, f"[(shared.folder(home) / n).write_bytes(c) for n, c in {contents}.items()]")
    assert "matinee_ratings_received_total 10.0" in page
    assert page.count("metric_file_left_out") == len(contents)


def test_a_folder_that_somebody_removed_is_made_again(tmp_path):
    page = page_after(tmp_path, "import shutil; shutil.rmtree(shared.folder(home))")
    assert "matinee_model_version 0.0" in page
    assert (tmp_path / "workers").is_dir()


def test_counters_and_histograms_are_sums_over_all_workers_that_ever_were(page):
    labels = 'method="GET",policy="",route="/health/live",status="200"'
    assert f"matinee_requests_total{{{labels}}} 10.0" in page
    assert "matinee_ratings_received_total 10.0" in page
    assert 'matinee_request_duration_seconds_count{policy="",route="/health/live"} 10.0' in page
    assert 'matinee_request_duration_seconds_bucket{le="0.002",policy="",route="/health/live"} 0.0' in page
    assert 'matinee_request_duration_seconds_bucket{le="0.005",policy="",route="/health/live"} 10.0' in page
    assert 'matinee_model_swaps_total{outcome="swapped"} 3.0' in page


def test_the_served_model_is_told_once(page):
    assert re.findall(r"^matinee_model_version (\S+)$", page, re.MULTILINE) == ["0.0"]


@pytest.mark.skipif(sys.platform != "linux", reason="processes tell of themselves in /proc")
def test_each_worker_that_lives_tells_its_memory(page):
    pid = re.findall(r"^pid (\d+)$", page, re.MULTILINE)
    assert re.findall(r'^process_resident_memory_bytes{pid="(\d+)"} [1-9]', page, re.MULTILINE) == pid


def test_what_any_worker_recommended_is_covered(tmp_path):
    one, other = (CoverageMap(tmp_path, "7", 8) for _ in range(2))
    one.add(np.array([0, 1]))
    other.add(np.array([1, 2]))
    assert one.share == other.share == 3 / 8
    assert (one.n_lists, one.since) == (2, other.since)
    assert CoverageMap(tmp_path, "8", 8).share == 0
    assert CoverageMap(tmp_path, "9", 0).share == 0
