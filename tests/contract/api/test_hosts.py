"""The API answers only by its own names, and no page of another site may use it."""

import pytest

EVIL = {"Host": "evil.example"}


@pytest.fixture
def api(start_with):
    return start_with()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000"])
def test_another_name_reaches_neither_reads_nor_writes(api, host):
    api.rate("x", "m1")
    for method, path in (("DELETE", "/v1/users/x"), ("GET", "/v1/users/x/ratings"), ("GET", "/docs"), ("GET", "/none")):
        answer = api.request(method, path, headers={"Host": host})
        assert answer.status_code == 421, path
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert "MATINEE_ALLOWED_HOSTS" in answer.json()["detail"]
    assert len(api.get("/v1/users/x/ratings").json()["ratings"]) == 1


def test_health_checks_are_answered_by_any_name_and_metrics_are_not(api):
    assert api.get("/health/live", headers=EVIL).status_code == 200
    assert api.get("/health/ready", headers=EVIL).status_code == 200
    assert api.get("/metrics", headers=EVIL).status_code == 421


def test_a_page_of_another_site_cannot_even_ask(api):
    body = {"user_id": "x", "movie_id": "m1", "rating": 5}
    assert api.post("/v1/ratings", json=body, headers={"Origin": "http://evil.example"}).status_code == 403
    assert api.get("/v1/users/x/ratings", headers={"Origin": "null"}).status_code == 403
    assert api.get("/v1/users/x/ratings").json()["ratings"] == []
    assert api.get("/v1/users/x/ratings", headers={"Origin": "http://127.0.0.1:8501"}).status_code == 200


def test_a_name_and_an_origin_that_the_settings_allow_are_answered(start_with):
    api = start_with(allowed_hosts="movies.example", api_cors_origins="https://shop.example")
    assert api.get("/v1/model", headers={"Host": "movies.example"}).status_code == 200
    answer = api.get("/v1/model", headers={"Origin": "https://shop.example"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "https://shop.example")
    assert api.get("/v1/model", headers={"Origin": "https://evil.example"}).status_code == 403
