"""Why a movie is in a list: the rated movie that adds most to its score."""

import pytest


def row_of(movie_id: str) -> int:
    return int(movie_id[1:])


def test_every_reason_is_a_movie_that_the_user_liked(api, ratings):
    liked = set(ratings.filter(user_id="u4", rating=5.0)["movie_id"])
    answer = api.recommend("u4", k=5)
    assert answer["policy"] == "learned"
    for item in answer["items"]:
        reason = item["reason"]
        assert reason["movie_id"] in liked
        assert reason["contribution"] > 0
        assert reason["text"] == f"because you rated The Léon Chronicle, Part {row_of(reason['movie_id'])}"


def test_a_rating_of_a_moment_ago_is_the_reason_for_movies_of_its_kind(api):
    api.rate("newcomer", "m7", 5.0)
    api.rate("newcomer", "m8", 1.0)
    for item in api.recommend("newcomer", k=3)["items"]:
        assert item["reason"]["movie_id"] == "m7"


def test_a_session_has_reasons_too(api):
    session = {"history": [{"movie_id": "m8"}, {"movie_id": "m3"}], "k": 10}
    items = api.post("/v1/recommendations", json=session).json()["items"]
    reasons = {(row_of(item["movie_id"]) % 2, item["reason"]["movie_id"]) for item in items if "reason" in item}
    assert (0, "m8") in reasons
    assert (1, "m3") in reasons


def test_a_movie_is_no_reason_for_itself(api):
    api.rate("newcomer", "m7", 5.0)
    items = api.recommend("newcomer", k=40, exclude_seen=False)["items"]
    (itself,) = [item for item in items if item["movie_id"] == "m7"]
    assert "reason" not in itself


@pytest.mark.parametrize("parameters", [{}, {"genre": "classic"}])
def test_a_list_by_popularity_has_none(api, parameters):
    assert all("reason" not in item for item in api.recommend("nobody", **parameters)["items"])


def test_who_wants_none_gets_none_and_the_same_list(api):
    plain, explained = api.recommend("u4", reasons=False), api.recommend("u4")
    for item in explained["items"]:
        item.pop("reason")
    assert plain["items"] == explained["items"]
    session = {"history": [{"movie_id": "m8"}], "reasons": False}
    assert all("reason" not in item for item in api.post("/v1/recommendations", json=session).json()["items"])
