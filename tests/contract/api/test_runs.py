"""Runs of the pipeline over the API: who may start them, what they do, and how far they are."""

import pytest

from matinee.drift.data_watch import watch
from matinee.drift.records import StatisticsStore
from matinee.ratings.ledger.ledger import ChunkLedger

AUTHORIZED = {"Authorization": "Bearer token-of-these-tests"}


@pytest.fixture
def settings(settings, airflow_server):
    return settings.model_copy(update={"airflow_url": airflow_server.url})


def start_run(api, action: str, **more: object):
    return api.post("/v1/runs", json={"action": action, **more}, headers=AUTHORIZED)


def ended(api, run_id: str) -> dict:
    """The run when it has ended."""
    api.wait_for(lambda: api.get(f"/v1/runs/{run_id}").json()["state"] in ("success", "failed"))
    return api.get(f"/v1/runs/{run_id}").json()


def states(run: dict) -> dict[str, str]:
    return {step["name"]: step["state"] for step in run["steps"]}


def test_a_day_is_advanced_and_followed_to_the_version_that_serves(api, airflow_server):
    airflow_server.runs.append(airflow_server.deploy_run("asset__1"))
    answer = start_run(api, "advance")
    assert answer.status_code == 201
    assert (answer.json()["action"], answer.json()["state"]) == ("advance", "waiting")
    run = ended(api, answer.json()["run_id"])
    assert states(run) == dict.fromkeys(("ingest", "train", "evaluate", "promote", "deploy"), "success")
    assert (run["state"], run["outcome"], run["chunk_id"]) == ("success", "promoted", 3)
    assert (run["reason"], run["served_version"]) == ("better", "4")


def test_a_promotion_is_under_way_until_it_is_deployed(api, airflow_server):
    run_id = start_run(api, "advance").json()["run_id"]
    airflow_server.runs[0].states = ["success"]
    airflow_server.runs[0].caused = None
    run = api.get(f"/v1/runs/{run_id}").json()
    assert (run["state"], run["outcome"], run["served_version"]) == ("running", "promoted", None)
    assert states(run)["deploy"] == "waiting"


def test_a_deployment_that_fails_is_a_failure_of_the_run(api, airflow_server):
    deploying = airflow_server.deploy_run("asset__1")
    deploying.states, deploying.tasks = ["failed"], {"deploy": "failed"}
    airflow_server.runs.append(deploying)
    run = ended(api, start_run(api, "advance").json()["run_id"])
    assert (run["state"], states(run)["deploy"], run["served_version"]) == ("failed", "failed", None)


def test_a_day_that_the_gate_refuses_ends_without_a_deployment(api, airflow_server):
    run_id = start_run(api, "advance").json()["run_id"]
    airflow_server.runs[0].tasks["promote"] = "skipped"
    run = ended(api, run_id)
    assert (run["state"], run["outcome"]) == ("success", "rejected")
    assert states(run) | {"promote": "skipped", "deploy": "skipped"} == states(run)


def test_a_day_that_the_data_watch_refuses_ends_with_its_reasons(api, airflow_server, settings, ratings, tmp_path):
    ratings.with_columns(rating=5.0).write_csv(tmp_path / "ratings.csv")
    own = settings.model_copy(update={"data": str(tmp_path / "ratings.csv")})
    ChunkLedger(own).close_next("first")
    watch(own, ChunkLedger(own), StatisticsStore(own), 1)
    run_id = start_run(api, "advance").json()["run_id"]
    airflow_server.runs[0].tasks |= dict.fromkeys(("train", "evaluate", "promote"), "skipped")
    airflow_server.runs[0].results = {"ingest": {"state": "closed", "chunk_id": 1}}
    run = ended(api, run_id)
    assert (run["state"], run["outcome"], run["chunk_id"]) == ("success", "refused", 1)
    assert "are 5.0." in run["reason"]


def test_a_training_that_somebody_skips_by_hand_is_no_riddle(api, airflow_server):
    run_id = start_run(api, "advance").json()["run_id"]
    airflow_server.runs[0].tasks |= dict.fromkeys(("train", "evaluate", "promote"), "skipped")
    run = ended(api, run_id)
    assert (run["outcome"], run["reason"]) == ("refused", "Somebody skipped its training in Airflow.")


def test_no_more_ratings_is_a_clean_end(api, airflow_server):
    run_id = start_run(api, "advance").json()["run_id"]
    airflow_server.runs[0].tasks |= dict.fromkeys(("train", "evaluate", "promote"), "skipped")
    airflow_server.runs[0].results = {"ingest": {"state": "no_more_data", "chunk_id": None}}
    run = ended(api, run_id)
    assert (run["state"], run["outcome"], run["chunk_id"]) == ("success", "no_more_data", None)


def test_a_step_that_fails_is_told(api, airflow_server):
    run_id = start_run(api, "advance").json()["run_id"]
    airflow_server.runs[0].states = ["failed"]
    airflow_server.runs[0].tasks |= {"train": "failed", "evaluate": "upstream_failed", "promote": "upstream_failed"}
    run = ended(api, run_id)
    assert (run["state"], run["outcome"]) == ("failed", None)
    assert list(states(run).values()) == ["success", "failed", "skipped", "skipped", "skipped"]


def test_a_run_that_was_just_asked_for_waits_with_all_its_steps(api, airflow_server):
    run_id = start_run(api, "advance").json()["run_id"]
    airflow_server.runs[0].states, airflow_server.runs[0].tasks = ["queued"], {}
    run = api.get(f"/v1/runs/{run_id}").json()
    assert run["state"] == "waiting"
    assert set(states(run).values()) == {"waiting"}


def test_a_rollback_tells_which_version_serves_again(api):
    run = ended(api, start_run(api, "roll_back", reason="it was odd").json()["run_id"])
    assert (run["outcome"], run["served_version"], list(states(run))) == ("rolled_back", "1", ["rollback"])


def test_a_hold_is_ended_with_a_reason(api, airflow_server):
    run = ended(api, start_run(api, "resume", reason="the data was wrong").json()["run_id"])
    assert (run["outcome"], states(run), run["served_version"]) == ("resumed", {"resume": "success"}, None)
    assert airflow_server.triggered[-1][0] == "resume_production"


def test_a_rollback_without_a_version_to_go_back_to_is_refused_by_its_rule(api, airflow_server):
    run_id = start_run(api, "roll_back").json()["run_id"]
    airflow_server.runs[0].tasks, airflow_server.runs[0].results = {"rollback": "skipped"}, {}
    assert ended(api, run_id)["outcome"] == "refused"


def test_a_version_is_promoted_by_hand_with_a_reason_and_deployed(api, airflow_server):
    airflow_server.runs.append(airflow_server.deploy_run("asset__1"))
    run = ended(api, start_run(api, "promote", version=1, reason="I like it").json()["run_id"])
    assert (run["outcome"], states(run)) == ("promoted", {"promote": "success", "deploy": "success"})
    assert airflow_server.runs[-1].parameters == {"version": "1", "reason": "I like it"}


def test_a_version_that_does_not_exist_is_not_promoted(api, airflow_server):
    assert start_run(api, "promote", version="99").status_code == 404
    assert airflow_server.triggered == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "destroy"},
        {"action": "promote"},
        {"action": "advance", "version": "1"},
        {"action": "roll_back", "reason": " "},
    ],
)
def test_what_cannot_be_meant_starts_nothing(api, airflow_server, body):
    assert api.post("/v1/runs", json=body, headers=AUTHORIZED).status_code == 422
    assert airflow_server.triggered == []


def test_the_same_key_starts_one_run(api, airflow_server):
    headers = AUTHORIZED | {"Idempotency-Key": "click-1"}
    first, again = (api.post("/v1/runs", json={"action": "advance"}, headers=headers).json() for _ in range(2))
    assert first["run_id"] == again["run_id"] == "train_model:api__click-1"
    assert len(airflow_server.runs) == 1


def test_a_key_that_was_used_for_another_version_is_refused(api, airflow_server, mlflow):
    mlflow.register(2, produce=False)
    headers = AUTHORIZED | {"Idempotency-Key": "click-1"}
    bodies = [{"action": "promote", "version": version, "reason": "x"} for version in ("1", "2", "1")]
    answers = [api.post("/v1/runs", json=body, headers=headers) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 409, 201]
    assert "other parameters" in answers[1].json()["detail"]
    assert [run.parameters["version"] for run in airflow_server.runs] == ["1"]


def test_a_key_that_was_used_for_another_action_is_refused(api, airflow_server):
    headers = AUTHORIZED | {"Idempotency-Key": "click-1"}
    assert api.post("/v1/runs", json={"action": "advance"}, headers=headers).status_code == 201
    back = api.post("/v1/runs", json={"action": "roll_back", "reason": "x"}, headers=headers)
    assert (back.status_code, "'advance'" in back.json()["detail"]) == (409, True)
    assert len(airflow_server.runs) == 1


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guessed"}, {"Authorization": "Basic dTpw"}])
def test_without_the_token_nothing_is_started(api, airflow_server, headers):
    answer = api.post("/v1/runs", json={"action": "advance"}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert airflow_server.triggered == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json"])
def test_a_page_of_another_site_starts_nothing(api, airflow_server, kind):
    """What a browser sends for such a page by itself: a simple request without the token, or a question first."""
    foreign = {"Origin": "https://elsewhere.example", "Content-Type": kind, "Cookie": "token=token-of-these-tests"}
    assert api.post("/v1/runs", content='{"action": "advance"}', headers=foreign).status_code in (401, 403)
    asks = foreign | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    assert "Access-Control-Allow-Origin" not in api.options("/v1/runs", headers=asks).headers
    assert airflow_server.triggered == []


def test_runs_are_listed_newest_first_whoever_asked_for_them(api, airflow_server):
    airflow_server.runs += [airflow_server.promoting_run("scheduled__1"), airflow_server.deploy_run("asset__1")]
    start_run(api, "roll_back")
    runs = api.get("/v1/runs").json()["runs"]
    assert [run["action"] for run in runs] == ["roll_back", "advance"]
    assert runs[1]["run_id"] == "train_model:scheduled__1"
    assert len(api.get("/v1/runs?limit=1").json()["runs"]) == 1


def test_the_newest_run_is_found_behind_all_that_follows_it(api, airflow_server):
    airflow_server.runs.append(airflow_server.promoting_run("scheduled__1"))
    airflow_server.runs += [airflow_server.deploy_run(f"asset__{number}") for number in range(9)]
    assert [run["run_id"] for run in api.get("/v1/runs?limit=1").json()["runs"]] == ["train_model:scheduled__1"]


@pytest.mark.parametrize(
    "run_id",
    ["nothing", "train_model:", "train_model:nothing", "train_model:.", "train_model:..", "deploy_model:asset__1"],
)
def test_a_run_that_is_not_there_is_not_found(api, airflow_server, run_id):
    airflow_server.runs.append(airflow_server.deploy_run("asset__1"))
    assert api.get(f"/v1/runs/{run_id}").status_code == 404


def test_a_paused_dag_is_refused_with_what_to_do(api, airflow_server):
    airflow_server.paused = True
    answer = start_run(api, "advance")
    assert (answer.status_code, answer.json()["title"]) == (409, "Refused")
    assert "Unpause" in answer.json()["hint"]
    assert answer.json()["type"] == "urn:matinee:problem:dag-paused"


def test_without_airflow_runs_are_unreachable_and_all_else_goes_on(api, airflow_server):
    airflow_server.absent_for = 10**9
    for answer in (start_run(api, "advance"), api.get("/v1/runs"), api.get("/v1/runs/train_model:x")):
        assert answer.status_code == 503
        assert "matinee up" in answer.json()["hint"]
        assert answer.json()["type"] == "urn:matinee:problem:airflow-unreachable"
    assert api.recommend("u1")["policy"] == "learned"
    assert api.get("/v1/versions").status_code == 200


@pytest.mark.parametrize("path", ["/auth/token", "/api/v2/dags/~/dagRuns"])
@pytest.mark.parametrize("said", ["<html>Sign in</html>", {}, [], None])
def test_a_login_in_front_of_airflow_is_airflow_unreachable(api, airflow_server, path, said):
    airflow_server.instead[path] = said
    answer = api.get("/v1/runs")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:matinee:problem:airflow-unreachable")


def test_a_promotion_without_mlflow_starts_nothing(api, airflow_server, mlflow):
    mlflow.broken_status = 500
    answer = start_run(api, "promote", version="1")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:matinee:problem:mlflow-unreachable")
    assert airflow_server.triggered == []
