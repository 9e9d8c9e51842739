"""`matinee import`: it looks, tells, asks, and only then writes."""

import json

import pytest

from matinee.cli import importing
from matinee.environment import load_settings
from matinee.ratings.ledger.ledger import ChunkLedger

TEXT = "user_id,movie_id,rating,rated_at\nu,m1,4,2026-01-05T20:15:00Z\nv,m2,5,2026-01-06T20:15:00Z\nv,m3,?,2026-01-06\n"


@pytest.fixture
def run(monkeypatch, tmp_path, run_import):
    """Run `matinee import` in a folder of its own; gives exit code, stdout and stderr."""
    monkeypatch.setenv("MATINEE_HOME", str(tmp_path / "home"))
    (tmp_path / "r.csv").write_text(TEXT)
    return run_import


@pytest.fixture
def answers(monkeypatch):
    """Somebody at a terminal, who answers."""

    def say(text):
        monkeypatch.setattr(importing, "_is_asked", lambda: True)
        monkeypatch.setattr("typer.confirm", lambda _: text == "y")

    return say


def test_without_anybody_to_ask_the_plan_is_told_and_nothing_written(run, tmp_path):
    code, told, error = run("r.csv")
    assert code == 2
    assert "r.csv: CSV, utf-8 (100% sure), 3 rows, 33.3% unusable" in told
    assert "1 rating_not_a_number" in told
    assert "--yes" in error
    assert not (tmp_path / ".env").exists()


def test_yes_writes_what_follows_and_the_settings_are_read_from_there(run, tmp_path):
    code, told, _ = run("r.csv", "--yes")
    assert code == 0
    assert "matinee up" in told
    assert load_settings().data == str(tmp_path / "r.csv")


@pytest.mark.parametrize(("answer", "is_written"), [("y", True), ("n", False)])
def test_whoever_is_asked_decides(run, answers, tmp_path, answer, is_written):
    answers(answer)
    code, told, _ = run("r.csv")
    assert (code, (tmp_path / ".env").exists()) == (0, is_written)
    assert is_written or "Nothing was written" in told


def test_a_program_gets_one_object(run, tmp_path):
    code, told, _ = run("r.csv", "--yes", "--json")
    result = json.loads(told)
    assert code == 0
    assert result["written"] == str(tmp_path / ".env")
    assert result["found"]["ratings"]["reasons"] == {"rating_not_a_number": 1}
    assert result["settings"] == {"MATINEE_DATA": str(tmp_path / "r.csv")}
    code, told, _ = run("r.csv", "--json")
    assert (code, json.loads(told)["written"]) == (2, None)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\x00\x01", b"a" * 140_000, b"PAR1", b"\x1f\x8b\x08\x00", b"a,b\n1,2\n"]
)
def test_a_file_that_cannot_be_read_is_one_line_and_exit_code_2(run, tmp_path, content):
    (tmp_path / "bad.csv").write_bytes(content)
    code, told, error = run("bad.csv", "--yes")
    assert (code, told) == (2, "")
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_a_home_that_learns_from_something_else_refuses_before_anything_is_written(run, tmp_path):
    (tmp_path / "other.csv").write_text(TEXT)
    ChunkLedger(load_settings().model_copy(update={"data": str(tmp_path / "other.csv")})).take("first")
    code, _, error = run("r.csv", "--yes")
    assert code == 2
    assert "This home learns from" in error
    assert not (tmp_path / ".env").exists()
