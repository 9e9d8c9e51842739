"""Health, metrics, request ids, problem documents, and the OpenAPI document."""

import re

import pytest

from matinee.serving.served import ServedModel

ROUTES = {
    ("get", "/v1/users/{user_id}/recommendations"),
    ("post", "/v1/recommendations"),
    ("get", "/v1/movies"),
    ("get", "/v1/movies/{movie_id}"),
    ("get", "/v1/movies/{movie_id}/similar"),
    ("post", "/v1/ratings"),
    ("get", "/v1/users/{user_id}/ratings"),
    ("get", "/v1/model"),
    ("post", "/v1/model"),
    ("get", "/health/live"),
    ("get", "/health/ready"),
    ("get", "/metrics"),
}


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


def test_every_answer_has_a_request_id_of_its_own(api):
    answers = [api.get(path) for path in ("/health/live", "/v1/users/u1/recommendations", "/nowhere") for _ in range(2)]
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 6
    for answer in answers[2:]:
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_a_callers_request_id_is_taken_over(api):
    answer = api.get("/v1/users/u1/recommendations", headers={"X-Request-ID": "call-7.a_b"})
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == "call-7.a_b"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, '"quoted"'])
def test_a_request_id_that_does_not_belong_into_a_log_is_replaced(api, given):
    answer = api.get("/health/live", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] not in {"", given}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/users", 404),
        ("DELETE", "/v1/model", 405),
        ("GET", "/v1/ratings", 405),
        ("GET", "/v1/movies/none", 404),
        ("GET", "/v1/movies?limit=x", 422),
        ("POST", "/v1/model", 401),
    ],
)
def test_every_error_is_a_problem_document(api, method, path, status):
    answer = api.request(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["instance"] == path.partition("?")[0]
    assert all(problem[name] for name in ("type", "title", "detail", "request_id"))


def test_a_method_that_is_not_allowed_names_those_that_are(api):
    assert api.delete("/v1/recommendations").headers["Allow"] == "POST"


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


def test_the_openapi_document_has_the_routes_of_the_contract(api):
    paths = api.get("/openapi.json").json()["paths"]
    assert {(method, path) for path, methods in paths.items() for method in methods} == ROUTES
    assert api.get("/docs").status_code == 200


def test_the_openapi_document_tells_how_errors_look(api):
    for methods in api.get("/openapi.json").json()["paths"].values():
        for operation in methods.values():
            assert set(operation["responses"]) <= {"200", "201", "4XX", "5XX"}
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
