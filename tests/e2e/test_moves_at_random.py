"""Production is moved through the real Airflow: by itself when a version proved worse, and by everybody at once.

What is done at random follows from a seed, which is printed.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from chaos import checks
from matinee.clients.airflow import Airflow
from matinee.clients.airflow.records import ENDED, SUCCESS, DagRun
from matinee.lifecycle.comparisons import Comparisons
from matinee.lifecycle.history import BY_ITSELF, History
from matinee.settings import Settings
from running import System, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

MOVES = ("a day", "roll back", "by hand", "resume", "promote again")
AT_ONCE = 3


def test_a_version_that_proved_worse_is_rolled_back_by_itself_served_and_followed_by_the_next_day(system_of_small_days):
    system = system_of_small_days
    harm = {f"somebody-{number}": (0.1, 0.9) for number in range(60)}
    Comparisons(system.settings).keep("version 3 against version 2 before it", 1, datetime.now(UTC), harm)
    (run,) = system.advance()
    assert (run["outcome"], run["chunk_id"]) == ("rejected", 4)
    assert "Version 3 gives" in run["reason"]
    assert system.get("/v1/model")["version"] == "2"
    moved = [event for event in system.json("versions")["history"] if event["what"] == "rolled_back"]
    assert [(event["version"], event["previous_version"]) for event in moved] == [("2", "3")]
    assert moved[0]["reason"].startswith(BY_ITSELF)
    left_out = {each["chunk_id"]: each["decision"] for each in system.get("/v1/chunks?limit=10")["chunks"]}
    assert left_out[3]["decision"] == "left_out"
    assert list(checks.production(system.settings)) == []
    (run,) = system.advance()
    assert (run["outcome"], run["served_version"]) == ("promoted", "5"), run["reason"]


def test_whatever_is_moved_at_the_same_time_nothing_is_undone_and_all_tell_one_story(system_of_small_days):
    system = system_of_small_days
    seed = random.randrange(2**31)  # noqa: S311  no secret
    source = random.Random(seed)  # noqa: S311
    drawn = source.sample(MOVES, len(MOVES)) + source.sample(MOVES, len(MOVES) - 1)
    with Airflow(system.settings) as client:
        for batch in range(0, len(drawn), AT_ONCE):
            moves = drawn[batch : batch + AT_ONCE]
            print(f"seed {seed}: {moves}")
            runs = [_started(client, system.settings, move, batch + at, source) for at, move in enumerate(moves)]
            eventually(lambda: all(run.state in ENDED for run in client.runs(limit=100)), within_s=300)
            ended = [
                (move, client.run(run.dag_id, run.dag_run_id).state) for move, run in zip(moves, runs, strict=True)
            ]
            assert {state for _, state in ended} == {SUCCESS}, (seed, ended)
            assert list(checks.production(system.settings)) == [], (seed, moves)
            assert list(_wrong(system)) == [], (seed, moves)


def _started(client: Airflow, settings: Settings, move: str, number: int, source: random.Random) -> DagRun:
    name, why = f"{move.replace(' ', '-')}-{number}", {"reason": "at random"}
    if move == "promote again":
        run = source.choice([run for run in client.runs("train_model", 100) if run.state in ENDED])
        _clear(settings, run)
        return run
    if move == "by hand":
        return client.trigger("promote_version", name, {"version": source.choice("12345"), **why})
    dag_id = {"a day": "train_model", "roll back": "rollback_model", "resume": "resume_production"}[move]
    return client.trigger(dag_id, name, None if move == "a day" else why)


def _clear(settings: Settings, run: DagRun) -> None:
    """Have `promote` of a run done once more, as the button in Airflow does."""
    with httpx.Client(base_url=settings.airflow, timeout=30, trust_env=False) as browser:
        token = browser.get("/auth/token").json()["access_token"]
        wanted = {"dry_run": False, "only_failed": False, "task_ids": ["promote"], "dag_run_id": run.dag_run_id}
        where, headers = f"/api/v2/dags/{run.dag_id}/clearTaskInstances", {"Authorization": f"Bearer {token}"}
        cleared = browser.post(where, json=wanted, headers=headers).raise_for_status().json()
        assert cleared["total_entries"] == 1


def _wrong(system: System) -> Iterator[str]:
    """What the history tells that must not be."""
    history, versions = History(system.settings), system.json("versions")["versions"]
    chunks = {each["version"]: each["chunk_id"] for each in versions}
    in_production = [each["version"] for each in versions if each["stage"] == "production"]
    if in_production != [history.in_production()]:
        yield f"in production are {in_production}, the history ends with {history.in_production()}"
    if history.unfinished() is not None:
        yield f"unfinished: {history.unfinished()}"
    yield from checks.promotions(history.events(), chunks)
