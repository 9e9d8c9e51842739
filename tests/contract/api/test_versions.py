"""What the API tells of all versions, and what each of them would recommend."""

from datetime import UTC, datetime, timedelta

import pytest

from matinee.lifecycle.history import History

CHECKS = [{"name": "beats popularity", "passed": True, "finding": "it does", "numbers": {"candidate": 0.2}}]


def test_versions_are_listed_newest_first_with_stage_verdict_and_metrics(api, mlflow):
    mlflow.register(2)
    mlflow.register(3, produce=False)
    mlflow.metrics["run-3"].append({"key": "popularity_ndcg_at_10", "value": 0.4})
    answer = api.get("/v1/versions").json()
    assert answer["production"] == "2"
    assert [(each["version"], each["stage"], each["verdict"]) for each in answer["versions"]] == [
        ("3", "rejected", "reject"),
        ("2", "production", "promote"),
        ("1", "archived", "promote"),
    ]
    newest = answer["versions"][0]
    assert newest["metrics"] == {"ndcg_at_10": 0.3, "popularity_ndcg_at_10": 0.4}
    assert (newest["chunk_id"], newest["reason"], newest["created_at"]) == (3, "Better.", "2020-01-04T00:00:00Z")


def test_a_list_of_versions_can_be_short(api, mlflow):
    mlflow.register(2)
    assert [each["version"] for each in api.get("/v1/versions?limit=1").json()["versions"]] == ["2"]


def test_before_the_first_version_the_list_is_empty(start):
    empty = {"production": None, "roll_back_to": None, "versions": [], "is_held": False}
    assert start().get("/v1/versions").json() == empty


def test_a_rollback_holds_production_until_somebody_resumes(api, mlflow, settings):
    mlflow.register(2)
    history = History(settings)
    history.record("rolled_back", "2", "3", "it was worse")
    assert api.get("/v1/versions").json()["is_held"] is True
    history.record("resumed", "2", "2", "the data was wrong")
    assert api.get("/v1/versions").json()["is_held"] is False


def test_metrics_are_asked_for_once(api, mlflow):
    api.get("/v1/versions")
    before = len(mlflow.requests)
    assert api.get("/v1/versions").json()["versions"][0]["metrics"] == {"ndcg_at_10": 0.1}
    assert not any("runs/search" in path for path in mlflow.requests[before:])


def test_a_run_that_was_deleted_leaves_its_version_without_metrics(api, mlflow):
    del mlflow.metrics["run-1"]
    assert api.get("/v1/versions").json()["versions"][0]["metrics"] == {}


def test_a_version_of_another_tool_has_no_more_than_it_says(api, mlflow):
    mlflow.register(2, produce=False)
    mlflow.versions["2"] |= {"tags": []}
    newest = api.get("/v1/versions").json()["versions"][0]
    assert (newest["stage"], newest["chunk_id"], newest["verdict"]) == ("", None, "")


@pytest.mark.parametrize(
    ("tag", "told"), [("artifacts", (False, False)), ("pinned", (True, True)), ("", (True, False))]
)
def test_a_version_tells_whether_retention_has_removed_its_model_or_never_will(api, mlflow, tag, told):
    mlflow.register(2)
    mlflow.versions["2"]["tags"] += [{"key": tag, "value": "gone"}] if tag else []
    newest = api.get("/v1/versions").json()["versions"][0]
    assert (newest["has_artifacts"], newest["is_pinned"]) == told


def test_versions_tell_when_they_served_and_what_a_rollback_brings_back(api, mlflow, settings):
    mlflow.register(2)
    history = History(settings)
    for version, before in (("1", None), ("2", "1"), ("1", "2")):
        history.record("deployed", version, before, "in production")
    answer = api.get("/v1/versions").json()
    two, one = answer["versions"]
    assert [time["until"] is None for time in one["served"]] == [False, True]
    assert [time["since"] for time in two["served"]] == [one["served"][0]["until"]]
    assert two["served"][0]["until"] == one["served"][1]["since"]
    assert answer["roll_back_to"] == "1"


def test_a_version_that_a_rollback_left_says_so_until_somebody_puts_it_back(api, mlflow, settings):
    mlflow.register(2)
    mlflow.production = "1"
    history = History(settings)
    history.record("rolled_back", "1", "2", "it was odd")
    assert [each["is_rolled_back"] for each in api.get("/v1/versions").json()["versions"]] == [True, False]
    assert api.get("/v1/versions/2").json()["is_rolled_back"]
    history.record("promoted", "2", "1", "By hand: it was fine")
    assert not api.get("/v1/versions/2").json()["is_rolled_back"]


def test_one_version_tells_its_metrics_its_decision_and_its_history(api, mlflow, settings):
    mlflow.decide(1, rule="r", verdict="promote", reason="Better.", checks=CHECKS, numbers={"n_users": 7})
    mlflow.metrics["run-1"].append({"key": "novelty", "value": 9})
    History(settings).record("promoted", "1", None, "Better.")
    found = api.get("/v1/versions/1").json()
    assert found["metrics"] == {"ndcg_at_10": 0.1, "novelty": 9}
    assert found["decision"]["checks"] == CHECKS
    assert [event["what"] for event in found["events"]] == ["promoted"]


def test_a_second_evaluation_of_a_version_that_nobody_decided_on_is_told(api, mlflow):
    mlflow.register(2, produce=False)
    mlflow.versions["2"]["tags"] = [tag for tag in mlflow.versions["2"]["tags"] if tag["key"] != "stage"]
    told = []
    for value, verdict in ((0.2, "reject"), (0.9, "promote")):
        mlflow.decide(2, rule="r", verdict=verdict, reason="It is so.")
        mlflow.metrics["run-2"] = [{"key": "ndcg_at_10", "value": value}]
        found = api.get("/v1/versions/2").json()
        told.append((found["metrics"]["ndcg_at_10"], found["decision"]["verdict"]))
    assert told == [(0.2, "reject"), (0.9, "promote")]


def test_a_version_that_nobody_decided_on_has_no_decision(api):
    assert api.get("/v1/versions/1").json()["decision"] is None


@pytest.mark.parametrize("version", ["9", "..%2F1", "none", "1.0"])
def test_a_version_that_is_not_there_is_not_found(api, version):
    answer = api.get(f"/v1/versions/{version}")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not found")


def test_without_mlflow_versions_are_unreachable_and_all_else_goes_on(api, mlflow):
    mlflow.broken_status = 500
    for path in ("/v1/versions", "/v1/versions/1"):
        answer = api.get(path)
        assert answer.status_code == 503
        assert answer.json()["hint"]
    assert api.recommend("u1")["policy"] == "learned"
    assert api.get("/v1/versions/1/users/u1/recommendations").status_code == 200


def test_two_versions_answer_for_the_same_user_side_by_side(api, mlflow):
    mlflow.register(2)
    api.swap()
    lists = {version: api.get(f"/v1/versions/{version}/users/u1/recommendations").json() for version in "12"}
    assert {version: answer["model_version"] for version, answer in lists.items()} == {"1": "1", "2": "2"}
    assert lists["2"]["items"] == api.recommend("u1", reasons=False)["items"]
    assert api.served_version() == "2"


def test_what_is_compared_was_shown_to_nobody(api):
    api.get("/v1/versions/1/users/u1/recommendations")
    before = api.get("/v1/model/coverage").json()
    since = before.pop("since")
    assert before == {"model_version": "1", "n_movies": 40, "recommended_movies_ratio": 0.0, "n_lists": 0}
    assert datetime.now(UTC) - timedelta(minutes=5) < datetime.fromisoformat(since) <= datetime.now(UTC)
    api.recommend("u1", k=10)
    after = api.get("/v1/model/coverage").json()
    assert (after["recommended_movies_ratio"], after["n_lists"], after["since"]) == (0.25, 1, since)


def test_what_was_rated_a_moment_ago_counts_in_every_version(api, mlflow):
    mlflow.register(2)
    api.swap()
    before = [item["movie_id"] for item in api.get("/v1/versions/1/users/u1/recommendations").json()["items"]]
    api.rate("u1", before[0])
    after = api.get("/v1/versions/1/users/u1/recommendations").json()
    assert before[0] not in [item["movie_id"] for item in after["items"]]


def test_a_version_that_is_not_on_disk_is_not_found_and_those_that_are_are_named(api, mlflow):
    for version in (2, 3, 4):
        mlflow.register(version)
        api.swap()
    answer = api.get("/v1/versions/1/users/u1/recommendations")
    assert answer.status_code == 404
    assert answer.json()["hint"] == "Versions that are: 4, 3, 2."
    assert [each["is_on_disk"] for each in api.get("/v1/versions").json()["versions"]] == [True, True, True, False]


def test_a_version_that_is_damaged_on_disk_is_refused_and_the_served_one_goes_on(api, mlflow, settings):
    mlflow.register(2)
    api.swap()
    (settings.home / "serving" / "1" / "arrays.safetensors").write_bytes(b"damaged")
    assert api.get("/v1/versions/1/users/u1/recommendations").status_code == 422
    assert api.get("/v1/versions/2/users/u1/recommendations").status_code == 200


def test_a_version_that_was_registered_anew_under_its_number_is_read_anew(api, mlflow, settings):
    mlflow.register(2)
    api.swap()
    old = api.get("/v1/versions/1/users/u1/recommendations").json()["run_id"]
    record = settings.home / "serving" / "1" / "version.json"
    record.write_text(record.read_text().replace("run-1", "run-1-anew"))
    assert old == "run-1"
    assert api.get("/v1/versions/1/users/u1/recommendations").json()["run_id"] == "run-1-anew"
