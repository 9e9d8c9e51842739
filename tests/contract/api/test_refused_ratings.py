"""Ratings that are not taken: told why, and nothing of their batch is stored."""

from datetime import UTC, datetime, timedelta

import pytest

from matinee.ratings.feedback.store import FeedbackStore

ONE = {"user_id": "u1", "movie_id": "m1", "rating": 4.5}


@pytest.fixture
def api(shared_api):
    """None of these tests changes anything."""
    return shared_api


@pytest.fixture
def settings(shared_settings):
    return shared_settings


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rating": 0}, "rating"),
        ({"rating": 5.5}, "rating"),
        ({"rating": 3.3}, "rating"),
        ({"rating": "4"}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": None}, "rating"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": None}, "user_id"),
        ({"user_id": True}, "user_id"),
        ({"user_id": "a\x00b"}, "user_id"),
        ({"user_id": "u" * 256}, "user_id"),
        ({"movie_id": [1]}, "movie_id"),
        ({"rated_at": "yesterday"}, "rated_at"),
        ({"rated_at": "1969-01-01"}, "rated_at"),
        ({"rated_at": "0001-01-01T00:00:00+01:00"}, "rated_at"),
        ({"rated_at": "9999-12-31T23:59:59-23:59"}, "rated_at"),
        ({"rated_at": (datetime.now(UTC) + timedelta(days=2)).isoformat()}, "rated_at"),
        ({"stars": 5}, "stars"),
    ],
)
def test_a_rating_that_cannot_be_meant_names_its_field_and_stores_nothing(api, settings, change, field):
    answer = api.post("/v1/ratings", json=[ONE, {**ONE, **change}])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"body.1.{field}"
    assert FeedbackStore(settings).count() == 0


@pytest.mark.parametrize(
    "body", ["", "no json", "[]", "null", "7", '{"ratings": []}', '[{"user_id": "\\ud800"}]', '[{"rating": NaN}]']
)
def test_a_body_that_cannot_be_read_is_a_problem(api, body):
    answer = api.post("/v1/ratings", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_more_than_a_thousand_are_too_many(api, settings):
    assert api.post("/v1/ratings", json=[ONE] * 1001).status_code == 422
    assert FeedbackStore(settings).count() == 0


def test_an_unknown_movie_names_its_place_and_stores_nothing(api, settings):
    answer = api.post("/v1/ratings", json=[ONE, {**ONE, "movie_id": "m999"}])
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("Rating 1 is of movie 'm999'")
    assert FeedbackStore(settings).count() == 0


def test_of_a_user_whom_nobody_knows_nothing_is_known(api):
    assert api.get("/v1/users/nobody/ratings").json() == {"user_id": "nobody", "ratings": [], "events": []}
