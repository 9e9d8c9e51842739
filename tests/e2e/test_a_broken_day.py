"""A day comes that is clearly broken: the loop stops before it, says why, and goes on when a person says so."""

import httpx
import polars as pl
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_next_stops_with_a_verdict_and_the_production_version_stays(system_with_a_broken_day):
    system = system_with_a_broken_day
    said = system.matinee("next", code=3)
    print(said)
    assert said.startswith("Chunk 2 refused in ")
    assert "users are 3.0." in said
    assert "matinee watch 2 --accept --reason WHY" in said
    assert [(each["version"], each["stage"]) for each in versions(system)] == [("1", "production")]
    assert system.get("/v1/model")["version"] == "1"
    assert system.get(f"/v1/users/{system.somebody}/recommendations")["policy"] == "learned"


def test_the_report_is_an_artifact_in_mlflow_and_the_verdict_in_the_ledger(system_with_a_broken_day):
    system = system_with_a_broken_day
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


def test_accepted_it_is_learned_from_by_the_next_run(system_with_a_broken_day):
    system = system_with_a_broken_day
    assert "is refused and is learned from" in system.matinee("watch", "2", "--accept", "--reason", "three stars day")
    (run,) = system.advance()
    assert (run["chunk_id"], run["outcome"]) == (3, "promoted"), run["reason"]
    assert system.get("/v1/model")["version"] == run["served_version"] == "2"
    files = sorted((system.settings.home / "ratings").glob("chunk-*.parquet"))
    sizes = [pl.read_parquet(file).height for file in files]
    assert len(sizes) == 3
    assert versions(system)[0]["metrics"]["n_ratings"] == sum(sizes)


def versions(system):
    """All versions, newest first."""
    return system.json("versions")["versions"]


def mlflow(system, method, route, **more):
    """An answer of MLflow's own API."""
    url = f"{system.settings.mlflow}/api/2.0/mlflow/{route}"
    return httpx.request(method, url, timeout=30, **more).raise_for_status().json()
