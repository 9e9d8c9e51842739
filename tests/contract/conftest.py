"""What tests of the registry, and of disks that refuse, share."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from matinee.lifecycle.registry import Connection

NUMBERS = itertools.count(1)


@pytest.fixture
def own_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """An experiment and a registered model of this test's own on the one MLflow server."""
    monkeypatch.setattr(Connection, "name", f"movie-recommender-{next(NUMBERS)}")


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 12 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "matinee-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
