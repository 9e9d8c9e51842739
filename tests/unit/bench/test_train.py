"""The next day is timed once what follows the first one is over."""

from collections.abc import Iterator
from itertools import repeat

import pytest

from matinee.bench import train
from matinee.clients.airflow.records import CHALLENGE, DagRun
from matinee.errors import MatineeError


class Runs:
    """An Airflow whose challengers are in one state after the other, each time that somebody asks."""

    def __init__(self, states: Iterator[str]) -> None:
        self._states = states
        self.n_asked = 0

    def runs(self, dag_id: str) -> list[DagRun]:
        assert dag_id == CHALLENGE
        self.n_asked += 1
        return [DagRun(dag_id=dag_id, dag_run_id="1", state=next(self._states))]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train.time, "sleep", lambda _: None)


@pytest.mark.parametrize("last", ["success", "failed"])
def test_the_next_day_waits_until_the_challengers_of_the_first_have_ended(last):
    airflow = Runs(iter(["queued", "running", last]))
    train._wait_for_challengers(airflow)
    assert airflow.n_asked == 3


def test_challengers_that_never_end_are_no_reason_to_wait_for_ever(monkeypatch):
    monkeypatch.setattr(train, "FOLLOWS_S", 0.05)
    with pytest.raises(MatineeError, match="took longer than"):
        train._wait_for_challengers(Runs(repeat("running")))


@pytest.mark.parametrize(
    ("command", "stage"),
    [
        ("/venv/bin/python /venv/bin/matinee train --chunk-id 2 --json", "train"),
        ("/venv/bin/python -m matinee.serving", None),
        ("/venv/bin/python /venv/bin/matinee next", None),
        ("bash -c result=$(matinee train --json)", None),
        ("/venv/bin/matinee", None),
    ],
)
def test_a_stage_is_known_by_its_command(command, stage):
    assert train._stage_of(command.split(" ", 2) if command.startswith("bash") else command.split()) == stage


def test_what_was_measured_is_drawn_in_the_order_of_sizes(tmp_path):
    def figures(n_ratings: int) -> train.Figures:
        stages = {stage: {"s": n_ratings / 1e6, "peak_gb": 1.0} for stage in train.STAGES}
        return {"n_ratings": n_ratings, "stages": {"first": stages, "day": stages}}

    train.draw({"ml-20m": figures(20_000_000), "0.05": figures(1_000_000)}, tmp_path / "sizes.svg")
    drawn = (tmp_path / "sizes.svg").read_text()
    assert [title in drawn for title in ("first model, s", "next day, s", "next day, GB")] == [True] * 3
    assert "20 million ratings" in drawn
