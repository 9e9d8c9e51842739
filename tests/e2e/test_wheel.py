"""What `pip install 'matinee[all]'` gives: the built wheel, in an empty environment (`test_small_days` has it run)."""

import subprocess
from pathlib import Path

import pytest

from matinee.settings import Settings

CHECKOUT = Path(__file__).parents[2]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_the_wheel_installs_the_versions_that_were_tested(wheel):
    python = wheel.with_name("python")
    script = "from importlib.metadata import version; print(version('polars'), version('apache-airflow-core'))"
    installed = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    pins = (CHECKOUT / "requirements" / "native.txt").read_text()
    for name, version in zip(("polars", "apache-airflow-core"), installed, strict=True):
        assert f"{name}=={version} " in pins


def test_the_wheel_has_the_icon_of_the_page(wheel, tmp_path):
    python = wheel.with_name("python")
    script = "from importlib.resources import files; print(files('matinee.ui').joinpath('icon.svg').read_text())"
    shown = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert shown.stdout.startswith("<svg")


def test_without_a_setting_the_home_lies_in_the_folder_where_a_command_is_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MATINEE_HOME", raising=False)
    assert Settings(_env_file=None).home == tmp_path / ".matinee"
