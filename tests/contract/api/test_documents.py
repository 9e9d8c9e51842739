"""Request ids, problem documents, and the OpenAPI document."""

import socket

import pytest

ROUTES = {
    ("get", "/v1/users/{user_id}/recommendations"),
    ("get", "/v1/recommendations"),
    ("post", "/v1/recommendations"),
    ("get", "/v1/movies"),
    ("get", "/v1/movies/{movie_id}"),
    ("put", "/v1/movies/{movie_id}"),
    ("patch", "/v1/movies/{movie_id}"),
    ("delete", "/v1/movies/{movie_id}"),
    ("get", "/v1/movies/{movie_id}/similar"),
    ("put", "/v1/movies/{movie_id}"),
    ("patch", "/v1/movies/{movie_id}"),
    ("delete", "/v1/movies/{movie_id}"),
    ("post", "/v1/ratings"),
    ("post", "/v1/events"),
    ("post", "/v1/history"),
    ("get", "/v1/users/{user_id}/watchlist"),
    ("put", "/v1/users/{user_id}/watchlist/{movie_id}"),
    ("delete", "/v1/users/{user_id}/watchlist/{movie_id}"),
    ("get", "/v1/users"),
    ("get", "/v1/users/{user_id}/ratings"),
    ("delete", "/v1/users/{user_id}/ratings/{movie_id}"),
    ("delete", "/v1/users/{user_id}"),
    ("get", "/v1/model"),
    ("post", "/v1/model"),
    ("get", "/v1/model/coverage"),
    ("get", "/v1/versions"),
    ("get", "/v1/versions/{version}"),
    ("get", "/v1/versions/{version}/users/{user_id}/recommendations"),
    ("get", "/v1/chunks"),
    ("get", "/v1/challengers"),
    ("get", "/v1/freshness"),
    ("get", "/v1/findings"),
    ("get", "/v1/runs"),
    ("post", "/v1/runs"),
    ("get", "/v1/runs/{run_id}"),
    ("get", "/health/live"),
    ("get", "/health/ready"),
    ("get", "/metrics"),
}


@pytest.fixture
def api(shared_api):
    """None of these tests changes anything."""
    return shared_api


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
        ("GET", "/v1/user", 404),
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


@pytest.mark.parametrize("path", [b"/v1/users/\xc3\xbc/ratings", b"/v1/users/\xff/ratings", b"/v1/users/%ff/ratings"])
def test_a_path_that_no_client_should_send_is_no_mistake_of_the_server(api, path):
    with socket.create_connection((api.base_url.host, api.base_url.port)) as connection:
        connection.settimeout(20)
        connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert connection.recv(65536).split()[1] in {b"200", b"400", b"422"}


def test_a_method_that_is_not_allowed_names_those_that_are(api):
    assert api.delete("/v1/recommendations").headers["Allow"] == "POST"


def test_the_openapi_document_has_the_routes_of_the_contract(api):
    paths = api.get("/openapi.json").json()["paths"]
    assert {(method, path) for path, methods in paths.items() for method in methods} == ROUTES
    assert api.get("/docs").status_code == 200


def test_a_body_that_is_no_text_is_refused(api):
    answer = api.post("/v1/ratings", content=b'["\xff"]', headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
