"""`matinee prune` as a whole: each part for itself."""

import os
import sys
from datetime import UTC, datetime, timedelta

import pytest

from matinee.stages.prune import airflow, home
from matinee.stages.prune.airflow import prune_airflow, prune_logs
from matinee.stages.prune.aside import homes_put_aside, prune_aside
from matinee.stages.prune.home import prune_home
from matinee.stages.prune.removal import Removal
from matinee.stages.stores import Stores

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_part_that_fails_keeps_no_other_from_its_work(settings, unused_port):
    alone = settings.model_copy(update={"mlflow_port": unused_port})
    removed = {each["what"]: each for each in prune_home(Stores.of(alone), dry_run=False, now=NOW)["removed"]}
    assert "MLflow" in removed["artifacts of versions"]["problem"]
    assert [what for what, each in removed.items() if each["problem"]] == [
        "erased users in production",
        "artifacts of versions",
        "artifacts of runs without a version",
    ]


def test_not_even_what_nobody_thought_of_keeps_the_other_parts_from_their_work(settings, monkeypatch):
    monkeypatch.setattr(home, "prune_versions", lambda *_, **__: {}["nothing"])
    monkeypatch.setattr(home, "prune_runs", lambda *_, **__: Removal("artifacts of runs without a version", n=3))
    removed = prune_home(Stores.of(settings), dry_run=False, now=NOW)["removed"]
    assert [each["n"] for each in removed if each["what"] == "artifacts of runs without a version"] == [3]
    (told,) = (each["problem"] for each in removed if each["what"] == "artifacts of versions")
    assert told == "KeyError: 'nothing'"


def test_homes_that_were_put_aside_go_after_their_time_and_no_other_folder(settings):
    parent, name = settings.home.parent, settings.home.name
    for suffix in (".before-20260401T000000", ".before-20260520T000000", ".before-the-flood", "2"):
        (parent / f"{name}{suffix}" / "serving").mkdir(parents=True)
    assert [path.name for path, _ in homes_put_aside(settings)] == [
        f"{name}.before-20260401T000000",
        f"{name}.before-20260520T000000",
    ]
    assert prune_aside(settings, NOW, dry_run=True).n == 1
    assert prune_aside(settings, NOW, dry_run=False).n == 1
    left = sorted(path.name for path in parent.iterdir() if path.name.startswith(name))
    assert left == [f"{name}.before-20260520T000000", f"{name}.before-the-flood", f"{name}2"]


def test_what_a_killed_restore_has_left_goes_once_none_can_be_at_work_on_it(settings):
    left, at_work = (settings.home.parent / f".{settings.home.name}.restoring-{name}" for name in ("left", "at_work"))
    for path, hours in ((left, 25), (at_work, 23)):
        (path / "home").mkdir(parents=True)
        at = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(path, (at, at))
    assert prune_aside(settings, NOW, dry_run=False).n == 1
    assert (left.exists(), at_work.exists()) == (False, True)


def test_logs_of_tasks_go_after_their_time_with_their_folders(settings):
    folder = settings.home / "logs" / "airflow"
    for name, days in (("old/run", 40), ("new/run", 1)):
        path = folder / name / "attempt=1.log"
        path.parent.mkdir(parents=True)
        path.write_text("12345")
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (at, at))
    removed = prune_logs(settings, NOW, dry_run=False)
    assert (removed.n, removed.size_bytes) == (1, 5)
    assert [path.name for path in folder.iterdir()] == ["new"]


@pytest.fixture
def airflow_program(settings, tmp_path, monkeypatch):
    """An `airflow` that notes how it was called."""
    (settings.home / "postgres").mkdir(parents=True)
    program = tmp_path / "bin" / "airflow"
    program.parent.mkdir()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "airflow-db-not-allowed:///")

    def doing(lines: str):
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)

    return doing


def test_airflow_cleans_its_own_database_although_a_task_may_not_reach_it(settings, airflow_program, tmp_path):
    airflow_program(f'echo "$@ $AIRFLOW_HOME [$AIRFLOW__DATABASE__SQL_ALCHEMY_CONN]" > {tmp_path}/said')
    assert prune_airflow(settings, NOW, dry_run=False).detail == "from before 2026-05-02"
    said = (tmp_path / "said").read_text()
    assert said.startswith("db clean --clean-before-timestamp 2026-05-02T12:00:00+00:00 --skip-archive --yes")
    assert said.endswith(f"{settings.home / 'airflow'} []\n")
    assert "--dry-run" not in said
    prune_airflow(settings, NOW, dry_run=True)
    assert "--dry-run" in (tmp_path / "said").read_text()


def test_an_airflow_that_fails_is_a_problem_in_one_line(settings, airflow_program):
    airflow_program("echo one; echo no connection >&2; exit 1")
    with pytest.raises(airflow.DependencyUnreachable, match="could not clean its database: no connection"):
        prune_airflow(settings, NOW, dry_run=False)
