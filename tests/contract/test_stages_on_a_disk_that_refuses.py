"""Each command of a day on a disk that is full, or read-only: one line that says so, and the day goes on from there."""

import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from faults import fill
from in_process import matinee
from matinee.environment import load_settings
from matinee.ratings.database import engine
from matinee.ratings.ledger.ledger import ChunkLedger
from support import two_tastes

N_RATINGS = 1_098
"""Of the first chunk."""
REFUSED = ("cannot be read or written", "cannot be written", "No space left on device", "Read-only file system")
FIRST_ROOM, MORE = 16_384, 4
"""Bytes that are free at the second try, and by how much that is multiplied for each next one."""


@pytest.fixture(autouse=True)
def home(own_models, mlflow_url, small_disk, tmp_path, monkeypatch) -> Path:  # noqa: ARG001
    """A home, and the folder of temporary files, on a file system of 12 MB."""
    two_tastes().write_csv(tmp_path / "ratings.csv")
    values = {
        "HOME": small_disk / "home",
        "DATA": tmp_path / "ratings.csv",
        "BOOTSTRAP": "15d",
        "MLFLOW_URL": mlflow_url,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"MATINEE_{name}", str(value))
    (small_disk / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk / "tmp"))
    return small_disk / "home"


def live_a_day(command: Callable[..., dict]) -> None:
    """Take a chunk, train, evaluate and promote, each by `command`, and look at what has come of it."""
    chunk = command("ingest", "--run-id", "first")
    run_id = command("train", "--chunk-id", "1")["run_id"]
    assert command("evaluate", "--run-id", run_id)["verdict"] == "promote"
    assert command("promote", "--run-id", run_id)["model_version"] == "1"
    assert (chunk["chunk_id"], chunk["n_ratings"]) == (1, N_RATINGS)
    assert ChunkLedger(load_settings()).ratings_through(1).height == N_RATINGS
    assert [each["stage"] for each in matinee("versions")["versions"]] == ["production"]


def require_refused(told: dict) -> None:
    error = told["error"].splitlines()[-1]
    assert error.startswith("error: "), told["error"]
    assert any(each in error for each in REFUSED), error


def test_a_disk_with_more_and_more_room_refuses_one_file_after_the_other(small_disk):
    refused = Counter()

    def until_there_is_room(*arguments: str) -> dict:
        room = 0
        while True:
            filler = fill(small_disk, but=room)
            told = matinee(*arguments, code=None)
            filler.unlink()
            if "error" not in told:
                return told
            require_refused(told)
            refused[arguments[0]] += 1
            room = max(MORE * room, FIRST_ROOM)

    live_a_day(until_there_is_room)
    assert min(refused[each] for each in ("ingest", "train", "evaluate", "promote")) > 1


def test_a_read_only_disk_refuses_each_command(small_disk):
    def once_it_is_writable(*arguments: str) -> dict:
        engine(load_settings()).dispose()  # a file that is open to be written keeps the disk from being read-only
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        told = matinee(*arguments, code=1)
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        require_refused(told)
        return matinee(*arguments)

    live_a_day(once_it_is_writable)


def test_what_is_not_kept_any_more_goes_from_a_full_disk(home, small_disk):
    live_a_day(matinee)
    old = home / "impressions" / "2019-01-01" / "shown.parquet"
    old.parent.mkdir(parents=True)
    old.write_bytes(bytes(10_000))
    fill(small_disk)
    removed = {each["what"]: each for each in matinee("prune")["removed"]}
    assert removed["files of impressions"]["n"] == 1
    assert not old.exists()
    assert [what for what, each in removed.items() if each["problem"]] == []
