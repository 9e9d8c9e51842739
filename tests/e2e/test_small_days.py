"""What does not go as on every day, through the real Airflow of an installed wheel, on one home and in this order.

A day comes that is clearly broken: the loop stops before it, says why, and goes on when a person says so. A version
proves worse: production goes back by itself. Then everybody moves production at once, at random: what is done follows
from a seed, which is printed.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import polars as pl
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


@pytest.fixture(scope="module")
def system(system_of_small_days: System) -> System:
    return system_of_small_days


def test_at_a_broken_day_next_stops_with_a_verdict_and_the_production_version_stays(system):
    said = system.matinee("next", code=3)
    print(said)
    assert said.startswith("Chunk 2 refused in ")
    assert "users are 3.0." in said
    assert "matinee watch 2 --accept --reason WHY" in said
    assert [(each["version"], each["stage"]) for each in versions(system)] == [("1", "production")]
    assert system.get("/v1/model")["version"] == "1"
    answer = system.json("recommend", system.somebody)
    assert (answer["policy"], len(answer["items"])) == ("learned", 10)


def test_the_report_is_an_artifact_in_mlflow_and_the_verdict_in_the_ledger(system):
    experiment = mlflow(system, "GET", "experiments/get-by-name", params={"experiment_name": "movie-recommender"})[
        "experiment"
    ]
    wanted = {"experiment_ids": [experiment["experiment_id"]], "filter": "tags.`matinee.refused_chunk` = '2'"}
    (run,) = mlflow(system, "POST", "runs/search", json=wanted)["runs"]
    where = {"run_id": run["info"]["run_id"], "path": "data_watch.html"}
    page = httpx.get(f"{system.settings.mlflow}/get-artifact", params=where, timeout=30).raise_for_status().text
    assert 'Chunk 2: <span class="refused">refused</span>' in page
    chunk = system.get("/v1/chunks?limit=1")["chunks"][0]
    assert (chunk["chunk_id"], chunk["statistics"]["verdict"], chunk["decision"]) == (2, "refused", None)


def test_accepted_it_is_learned_from_by_the_next_run(system):
    assert "is refused and is learned from" in system.matinee("watch", "2", "--accept", "--reason", "three stars day")
    (run,) = system.advance()
    assert (run["chunk_id"], run["outcome"]) == (3, "promoted"), run["reason"]
    assert system.get("/v1/model")["version"] == run["served_version"] == "2"
    files = sorted((system.settings.home / "ratings").glob("chunk-*.parquet"))
    sizes = [pl.read_parquet(file).height for file in files]
    assert len(sizes) == 3
    assert versions(system)[0]["metrics"]["n_ratings"] == sum(sizes)


def test_a_version_that_proved_worse_is_rolled_back_by_itself_served_and_followed_by_the_next_day(system):
    (run,) = system.advance()
    assert run["served_version"] == "3", run["reason"]
    harm = {f"somebody-{number}": (0.1, 0.9) for number in range(60)}
    Comparisons(system.settings).keep("version 3 against version 2 before it", 1, datetime.now(UTC), harm)
    (run,) = system.advance()
    assert (run["outcome"], run["chunk_id"]) == ("rejected", 5)
    assert "Version 3 gives" in run["reason"]
    assert system.get("/v1/model")["version"] == "2"
    moved = [event for event in system.json("versions")["history"] if event["what"] == "rolled_back"]
    assert [(event["version"], event["previous_version"]) for event in moved] == [("2", "3")]
    assert moved[0]["reason"].startswith(BY_ITSELF)
    left_out = {each["chunk_id"]: each["decision"] for each in system.get("/v1/chunks?limit=10")["chunks"]}
    assert left_out[4]["decision"] == "left_out"
    assert list(checks.production(system.settings)) == []
    (run,) = system.advance()
    assert (run["outcome"], run["served_version"]) == ("promoted", "5"), run["reason"]


@pytest.mark.parametrize("n_more", [1, pytest.param(4, marks=pytest.mark.long)])
def test_whatever_is_moved_at_the_same_time_nothing_is_undone_and_all_tell_one_story(system, n_more):
    seed = random.randrange(2**31)  # noqa: S311  no secret
    source = random.Random(seed)  # noqa: S311
    drawn = source.sample(MOVES, len(MOVES)) + source.sample(MOVES, n_more)
    with Airflow(system.settings) as client:
        for batch in range(0, len(drawn), AT_ONCE):
            moves = drawn[batch : batch + AT_ONCE]
            print(f"seed {seed}: {moves}")
            runs = [
                _started(client, system.settings, move, f"{n_more}.{batch + at}", source)
                for at, move in enumerate(moves)
            ]
            eventually(lambda: all(run.state in ENDED for run in client.runs(limit=100)), within_s=300)
            ended = [
                (move, client.run(run.dag_id, run.dag_run_id).state) for move, run in zip(moves, runs, strict=True)
            ]
            assert {state for _, state in ended} == {SUCCESS}, (seed, ended)
            assert list(checks.production(system.settings)) == [], (seed, moves)
            assert list(_wrong(system)) == [], (seed, moves)


def test_down_leaves_no_process_and_nothing_where_commands_were_started(system):
    system.matinee("down")
    eventually(lambda: system.processes() == [])
    assert list(system.folder.iterdir()) == []


def _started(client: Airflow, settings: Settings, move: str, number: str, source: random.Random) -> DagRun:
    name, why = f"{move.replace(' ', '-')}-{number}", {"reason": "at random"}
    if move == "promote again":
        run = source.choice([run for run in client.runs("train_model", 100) if run.state == SUCCESS])
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


def versions(system):
    """All versions, newest first."""
    return system.json("versions")["versions"]


def mlflow(system, method, route, **more):
    """An answer of MLflow's own API."""
    url = f"{system.settings.mlflow}/api/2.0/mlflow/{route}"
    return httpx.request(method, url, timeout=30, **more).raise_for_status().json()
