"""Files that workers map: with all their blocks, or in memory where the disk has no room for them."""

import errno
import os
import subprocess
import sys
import textwrap

import pytest

from matinee.serving.workers import shared
from matinee.serving.workers.rate_limit import RateLimit

SIZE_BYTES = 1 << 20


@pytest.fixture
def full_disk(monkeypatch) -> None:
    """A disk that gives nobody a block."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shared, "allocate", refuse)


def test_a_mapped_file_has_all_its_blocks_before_anybody_writes_to_it(tmp_path):
    shared.mapped(tmp_path / "map", SIZE_BYTES)
    assert (tmp_path / "map").stat().st_blocks * 512 >= SIZE_BYTES


def test_what_one_worker_writes_is_seen_by_the_next(tmp_path):
    shared.mapped(tmp_path / "map", SIZE_BYTES)[7] = 1
    assert shared.mapped(tmp_path / "map", SIZE_BYTES)[7] == 1


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_a_worker_counts_in_memory(tmp_path):
    mapped = shared.mapped(tmp_path / "map", SIZE_BYTES)
    mapped[SIZE_BYTES - 1] = 1
    assert (len(mapped), mapped[SIZE_BYTES - 1]) == (SIZE_BYTES, 1)


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_clients_are_still_limited(tmp_path):
    limit = RateLimit(tmp_path / "writes", per_minute=2)
    assert [limit.wait_s("a") > 0 for _ in range(3)] == [False, False, True]


METRICS = """
    import errno, os, sys
    from pathlib import Path
    from matinee.serving.workers import shared

    shared.prepare(Path(sys.argv[1]))
    from matinee.serving.workers import metric_files

    metric_files.install()
    from prometheus_client import CollectorRegistry, Counter

    real, n_allocated = shared.allocate, 0

    def allocate(file, size_bytes):
        global n_allocated
        n_allocated += 1
        if n_allocated > int(sys.argv[2]):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file, size_bytes)

    shared.allocate = allocate
    counter = Counter("of_test", "-", ["label"], registry=CollectorRegistry())
    for number in range(2_000):
        counter.labels(str(number)).inc(number)
    print(sum(counter.labels(str(number))._value.get() for number in range(2_000)), n_allocated)
    for path in shared.metrics_folder().glob("*.db"):
        assert path.stat().st_blocks * 512 >= path.stat().st_size > 0, path
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files in memory")
@pytest.mark.parametrize("n_granted", [0, 1, 2, 100])
def test_metrics_are_counted_however_much_of_their_files_the_disk_has_room_for(tmp_path, n_granted):
    command = [sys.executable, "-c", textwrap.dedent(METRICS), str(tmp_path), str(n_granted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    total, n_allocated = done.stdout.splitlines()[-1].split()
    assert float(total) == sum(range(2_000))
    assert int(n_allocated) == 3
