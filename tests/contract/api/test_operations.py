"""Health, metrics, and what a mistake of the server looks like."""

import re
import time
from datetime import UTC, datetime

import pytest

from matinee.clients.schemas.findings import Finding
from matinee.doctor.examine import examine_running
from matinee.serving.model.served import ServedModel
from matinee.serving.pipeline import findings
from matinee.settings import Settings

DATA_THROUGH = datetime(2020, 2, 1, tzinfo=UTC)


def metric(api, name: str, **labels: str) -> float:
    """Sum of a metric's samples that have these labels."""
    samples = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", api.get("/metrics").text, re.MULTILINE)
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(float(value) for found, value in samples if all(each in found for each in wanted))


def test_a_server_with_a_model_is_ready_and_says_which(api):
    assert api.get("/health/live").json() == {"status": "live"}
    answer = api.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "policy": "learned",
        "model_version": "1",
        "database": "reachable",
        "problems": {},
    }


def test_requests_are_counted_by_route_status_and_policy(api):
    for user_id in ("u1", "u2", "nobody"):
        api.recommend(user_id)
    api.get("/v1/users/u1/recommendations", params={"k": 0})
    route = "/v1/users/{user_id}/recommendations"
    assert metric(api, "matinee_requests_total", route=route, policy="learned", status="200") == 2
    assert metric(api, "matinee_requests_total", route=route, policy="popular") == 1
    assert metric(api, "matinee_requests_total", route=route, status="422") == 1
    assert metric(api, "matinee_request_duration_seconds_count", route=route) == 4
    assert metric(api, "matinee_recommendations_total", policy="popular") == 1


def test_paths_that_do_not_exist_are_counted_as_one(api):
    for path in ("/a", "/b", "/c"):
        api.get(path)
    assert metric(api, "matinee_requests_total", route="", status="404") == 3


def test_the_served_model_is_in_the_metrics(api, mlflow):
    mlflow.register(2)
    api.swap()
    assert metric(api, "matinee_model_version") == 2
    assert metric(api, "matinee_model_info") == metric(api, "matinee_model_info", version="2", run_id="run-2") == 1
    assert metric(api, "matinee_model_age_seconds") > 0
    assert metric(api, "matinee_catalogue_movies") == 40


def test_how_much_of_the_catalogue_was_recommended_is_in_the_metrics(api):
    assert metric(api, "matinee_recommended_movies_ratio") == 0
    api.recommend("u1", k=10)
    api.recommend("u1", k=10)
    assert metric(api, "matinee_recommended_movies_ratio") == 10 / 40
    api.recommend("u2", k=40, exclude_seen=False)
    assert metric(api, "matinee_recommended_movies_ratio") == 1


def test_how_old_the_data_of_the_model_are_is_in_the_metrics(api):
    assert metric(api, "matinee_model_staleness_seconds") == pytest.approx(time.time() - DATA_THROUGH.timestamp(), 1e-3)


def test_what_was_taken_back_is_counted(api):
    api.delete("/v1/users/u1/ratings/m1")
    api.delete("/v1/users/u1")
    assert metric(api, "matinee_withdrawals_total", what="rating") == 1
    assert metric(api, "matinee_withdrawals_total", what="user") == 1


def test_the_fallback_is_in_the_metrics(start):
    api = start()
    assert metric(api, "matinee_model_version") == 0
    assert metric(api, "matinee_model_age_seconds") == 0


def test_swaps_are_counted_by_outcome(api, mlflow):
    before = {outcome: metric(api, "matinee_model_swaps_total", outcome=outcome) for outcome in ("swapped", "failed")}
    mlflow.register(2)
    api.swap()
    api.swap()
    api.swap(99)
    assert metric(api, "matinee_model_swaps_total", outcome="swapped") == before["swapped"] + 1
    assert metric(api, "matinee_model_swaps_total", outcome="failed") == before["failed"] + 1
    assert metric(api, "matinee_model_swaps_total", outcome="unchanged") >= 1
    assert metric(api, "matinee_model_swap_duration_seconds_count") >= 3


def test_stored_ratings_are_counted(api):
    api.rate("u1", "m1", rated_at=1714521600)
    api.rate("u1", "m1", rated_at=1714521600)
    assert metric(api, "matinee_ratings_received_total") == 1


def test_a_mistake_of_the_server_is_a_problem_that_tells_no_secrets(api, monkeypatch):
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(ServedModel, "similar", crash)
    answer = api.get("/v1/movies/m1/similar")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert "secret" not in answer.text
    assert metric(api, "matinee_requests_total", status="500") == 1


def test_what_the_doctor_finds_is_told_and_looking_is_not_repeated_for_everybody_who_asks(api, monkeypatch):
    looks = []

    def look(settings: Settings) -> list[Finding]:
        looks.append(settings)
        return examine_running(settings)

    monkeypatch.setattr(findings, "examine_running", look)
    first, second = (api.get("/v1/findings").json() for _ in range(2))
    assert first == second
    assert len(looks) == 1
    found = {each["what"]: each for each in first["findings"]}
    assert found["disk"]["ok"]
    assert found["registry"]["detail"] == "1 versions, version 1 in production"
    assert not found["Airflow"]["ok"]
    assert "matinee logs airflow-api-server" in found["Airflow"]["fix"]
    monkeypatch.setattr(findings, "FRESH_S", 0.0)
    api.get("/v1/findings")
    assert len(looks) == 2
