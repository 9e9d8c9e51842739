"""Ratings on the scale of the home's own data: what people brought who do not count in five stars."""

import pytest

from matinee.ratings.feedback import FeedbackStore
from matinee.ratings.sources import prepare

TEN_POINTS = "user_id,movie_id,rating,rated_at\n" + "".join(
    f"u{user},m{movie},{5 + (user + movie) % 6},2026-01-0{user}T1{movie}:00:00Z\n"
    for user in range(1, 7)
    for movie in range(1, 5)
)
BODY = {"user_id": "new", "movie_id": "m1"}


@pytest.fixture
def ten_points(start_with, tmp_path):
    """The API of a home with somebody's ratings of 5 to 10 points."""
    (tmp_path / "r.csv").write_text(TEN_POINTS)
    return start_with(data=str(tmp_path / "r.csv"), positive_rating=7.0)


def test_nine_of_ten_points_is_a_rating_where_the_file_has_ten_points(ten_points, settings, tmp_path):
    own = settings.model_copy(update={"data": str(tmp_path / "r.csv")})
    prepare(own)
    assert ten_points.post("/v1/ratings", json={**BODY, "rating": 9}).status_code == 201
    assert FeedbackStore(own).of_user("new")[0].rating == 9
    assert ten_points.recommend("new")["policy"] == "fold_in"
    answer = ten_points.post("/v1/ratings", json=[{**BODY, "rating": 9}, {**BODY, "rating": 11}])
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "body.1.rating", "message": "Input should be on the scale of this home: 1 to 10 in steps of 1"}
    ]


def test_a_session_and_the_model_know_the_same_scale(ten_points, settings, tmp_path):
    prepare(settings.model_copy(update={"data": str(tmp_path / "r.csv")}))
    history = [{"movie_id": "m1", "rating": 10}, {"movie_id": "m2"}]
    assert ten_points.post("/v1/recommendations", json={"history": history}).json()["policy"] == "fold_in"
    wrong = ten_points.post("/v1/recommendations", json={"history": [{"movie_id": "m1", "rating": 0.5}]})
    assert wrong.json()["errors"][0]["field"] == "body.history.0.rating"
    assert ten_points.get("/v1/model").json()["rating_scale"] == {"lowest": 1, "highest": 10, "step": 1}
    field = ten_points.get("/openapi.json").json()["components"]["schemas"]["Rating"]["properties"]["rating"]
    assert (field["minimum"], field["maximum"], field["multipleOf"]) == (1, 10, 1)


def test_a_declared_scale_holds_before_any_data_is_there(start_with):
    api = start_with(rating_scale="0-1:1")
    assert api.post("/v1/ratings", json={**BODY, "rating": 0}).status_code == 201
    assert api.post("/v1/ratings", json={**BODY, "rating": 5}).status_code == 422
