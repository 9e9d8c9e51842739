"""Finding users by the beginning of their id."""

import pytest


def found(api, query: str = "", **parameters: object) -> list[str]:
    answer = api.get("/v1/users", params={"query": query, **parameters})
    assert answer.status_code == 200, answer.text
    return [user["user_id"] for user in answer.json()["users"]]


def test_users_of_the_training_data_are_found_by_the_beginning_of_their_id(api, learned):
    everybody = sorted(learned.user_index)
    assert found(api, limit=5) == everybody[:5]
    assert found(api, "u1", limit=50) == [user for user in everybody if user.startswith("u1")]
    assert found(api, "nobody") == []


def test_somebody_who_rated_a_moment_ago_is_found_among_them(api):
    assert found(api, "u1x") == []
    api.rate("u1x", "m7")
    api.rate("u1x", "m8")
    assert api.get("/v1/users?query=u1x").json() == {"users": [{"user_id": "u1x", "n_ratings": 2}]}
    assert "u1x" in found(api, "u1", limit=50)


def test_a_movie_that_was_learned_and_rated_again_counts_once(api, ratings):
    own = ratings.filter(user_id="u4")["movie_id"].to_list()
    api.rate("u4", own[0], 1.0)
    (user,) = [user for user in api.get("/v1/users?query=u4").json()["users"] if user["user_id"] == "u4"]
    assert user["n_ratings"] == len(own)


def test_whoever_took_everything_back_is_not_found(api):
    api.rate("gone", "m7")
    for user_id in ("gone", "u4"):
        assert api.delete(f"/v1/users/{user_id}").status_code == 204
        assert user_id not in found(api, user_id)


def test_whoever_took_everything_back_leaves_the_place_to_the_next(api, learned):
    everybody = sorted(learned.user_index)
    for user_id in everybody[:7]:
        assert api.delete(f"/v1/users/{user_id}").status_code == 204
    assert found(api, limit=3) == everybody[7:10]
    assert found(api, limit=50) == everybody[7:57]


@pytest.mark.parametrize("letters", ["%", "_", "김", "a b", "'"])
def test_letters_stand_for_themselves(api, letters):
    api.rate(f"{letters}1", "m7")
    assert found(api, letters) == [f"{letters}1"]


@pytest.mark.parametrize("parameters", [{"query": "a\x00"}, {"query": "x" * 256}, {"limit": 0}, {"limit": 51}])
def test_what_no_id_begins_with_is_refused(api, parameters):
    assert api.get("/v1/users", params=parameters).status_code == 422
