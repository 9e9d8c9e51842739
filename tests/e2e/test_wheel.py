"""What `pip install 'matinee[all]'` gives: the built wheel, in an empty environment, far from the checkout."""

import re
import subprocess
from pathlib import Path

import pytest

from matinee.settings import Settings
from running import eventually

CHECKOUT = Path(__file__).parents[2]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_the_wheel_brings_up_a_matinee_that_recommends_and_leaves_nothing_behind(system_of_wheel):
    printed = system_of_wheel.matinee("up")
    assert re.search("learned, model version 1", printed)
    answer = system_of_wheel.json("recommend", system_of_wheel.somebody)
    assert answer["policy"] == "learned"
    assert len(answer["items"]) == 10

    system_of_wheel.matinee("down")
    eventually(lambda: system_of_wheel.processes() == [])
    assert list(system_of_wheel.folder.iterdir()) == []


def test_the_wheel_installs_the_versions_that_were_tested(system_of_wheel):
    python = system_of_wheel.command.with_name("python")
    script = "from importlib.metadata import version; print(version('polars'), version('apache-airflow-core'))"
    installed = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    pins = (CHECKOUT / "requirements" / "native.txt").read_text()
    for name, version in zip(("polars", "apache-airflow-core"), installed, strict=True):
        assert f"{name}=={version} " in pins


def test_the_wheel_has_the_icon_of_the_page(system_of_wheel):
    python = system_of_wheel.command.with_name("python")
    script = "from importlib.resources import files; print(files('matinee.ui').joinpath('icon.svg').read_text())"
    shown = subprocess.run(
        [python, "-c", script], capture_output=True, text=True, check=True, cwd=system_of_wheel.folder
    )
    assert shown.stdout.startswith("<svg")


def test_without_a_setting_the_home_lies_in_the_folder_where_a_command_is_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MATINEE_HOME", raising=False)
    assert Settings(_env_file=None).home == tmp_path / ".matinee"
