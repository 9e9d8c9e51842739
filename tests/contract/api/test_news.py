"""What people said a moment ago counts in the very next list."""

from urllib.parse import quote

import numpy as np
import pytest

from matinee.ranking import History, recommend


def test_live_ratings_are_ranked_as_the_ranking_function_ranks_news(api, learned):
    api.rate("u3", "m6", 5.0, rated_at="2024-05-01T00:00:00Z")
    api.rate("u3", "m4", 2.0, rated_at="2024-05-02T00:00:00Z")
    news = History(np.array([6, 4], np.int32), np.array([5, 2], np.float32), np.array([1714521600, 1714608000]))
    expected = recommend(learned.model, learned.user_index["u3"], news, 10)
    assert api.movie_ids("u3") == [f"m{row}" for row in expected.items]


def test_a_new_user_is_personal_from_the_first_liked_movie(api):
    api.rate("newcomer", "m7", 5.0)
    answer = api.recommend("newcomer", k=5)
    assert answer["policy"] == "fold_in"
    assert sum(int(item["movie_id"][1:]) % 2 == 1 for item in answer["items"]) >= 4


def test_a_new_user_who_liked_nothing_gets_popular_movies_and_is_told_so(api):
    api.rate("newcomer", "m7", 1.0)
    answer = api.recommend("newcomer", k=40)
    assert answer["policy"] == "popular"
    assert "m7" not in [item["movie_id"] for item in answer["items"]]


def test_a_known_user_with_news_is_folded_in(api):
    before = api.recommend("u4")
    api.rate("u4", before["items"][0]["movie_id"], 5.0)
    after = api.recommend("u4")
    assert (before["policy"], after["policy"]) == ("learned", "fold_in")


def test_news_that_the_model_has_learned_is_no_news(api, ratings):
    learned_already = ratings.filter(user_id="u4").row(0, named=True)
    api.rate(
        "u4", learned_already["movie_id"], learned_already["rating"], rated_at=learned_already["rated_at"].isoformat()
    )
    assert api.recommend("u4")["policy"] == "learned"


def test_a_rated_movie_is_gone_from_the_very_next_list(api):
    for _ in range(5):
        best = api.movie_ids("u5", k=1)[0]
        api.rate("u5", best, 5.0)
        assert best not in api.movie_ids("u5", k=40)
        assert best in api.movie_ids("u5", k=40, exclude_seen=False)


def test_nothing_is_left_when_everything_was_seen(api):
    everything = [{"user_id": "u6", "movie_id": f"m{row}", "rating": 3} for row in range(40)]
    assert api.post("/v1/ratings", json=everything).status_code == 201
    assert api.movie_ids("u6") == []


@pytest.mark.parametrize("user_id", ["a/b", "a/recommendations", "/", "a b", "ü", "🎬", "100%", "a?b#c"])
def test_a_user_with_an_odd_id_rates_and_is_remembered(api, user_id):
    api.rate(user_id, "m1")
    path = f"/v1/users/{quote(user_id, safe='')}"
    assert api.get(f"{path}/ratings").json()["ratings"][0]["movie_id"] == "m1"
    assert api.get(f"{path}/recommendations").json()["policy"] == "fold_in"


def test_a_model_that_knows_popularity_only_says_so(start, mlflow):
    mlflow.register(1, algorithm="popular")
    api = start()
    api.swap()
    answer = api.recommend("u1")
    assert (answer["policy"], answer["model_version"]) == ("popular", "1")
    assert api.get("/v1/model").json()["policy"] == "popular"
