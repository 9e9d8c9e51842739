"""One list for several people: who decides, what is told, and what is refused."""

import numpy as np
import pytest

from matinee.clients.api import Client
from matinee.clients.schemas.recommendations import ListOptions
from matinee.ranking import ListRequest, recommend_to_group


@pytest.fixture
def api(shared_api):
    """None of these tests changes anything."""
    return shared_api


def joint(api, **parameters) -> dict:
    answer = api.get("/v1/recommendations", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def movie_ids(answer: dict) -> list[str]:
    return [item["movie_id"] for item in answer["items"]]


@pytest.mark.parametrize("aggregation", ["average", "least_misery"])
def test_a_group_gets_what_the_ranking_function_says(api, shared_model, aggregation):
    answer = joint(api, users="u2,u3", aggregation=aggregation, k=8)
    members = [ListRequest(shared_model.model.user(shared_model.user_index[user]), 8) for user in ("u2", "u3")]
    expected = recommend_to_group(shared_model.model, members, aggregation)
    assert movie_ids(answer) == [f"m{row}" for row in expected.items]
    assert [item["score"] for item in answer["items"]] == pytest.approx(expected.scores.tolist())
    assert (answer["users"], answer["aggregation"], answer["policy"]) == (["u2", "u3"], aggregation, "learned")
    assert answer["user_id"] is None


def test_nobody_suffers_unless_the_average_is_asked_for(api):
    assert joint(api, users="u2,u3")["aggregation"] == "least_misery"
    assert movie_ids(joint(api, users="u2,u3", k=40)) != movie_ids(
        joint(api, users="u2,u3", k=40, aggregation="average")
    )


def test_nothing_that_a_member_has_seen_is_listed(api, ratings):
    seen = set(ratings.filter(ratings["user_id"].is_in(["u2", "u3"]))["movie_id"])
    assert seen.isdisjoint(movie_ids(joint(api, users="u2,u3", k=40)))
    assert len(movie_ids(joint(api, users="u2,u3", k=40, exclude_seen=False))) == 40


@pytest.mark.parametrize(("aggregation", "beginning"), [("average", "most of all for "), ("least_misery", "even for ")])
def test_reasons_tell_whose_taste_decided_and_by_what(api, ratings, aggregation, beginning):
    items = joint(api, users="u2,u3", aggregation=aggregation, k=20)["items"]
    reasons = [item["reason"] for item in items if "reason" in item]
    assert len(reasons) > 5
    for reason in reasons:
        rated = set(ratings.filter(user_id=reason["user_id"])["movie_id"])
        assert reason["movie_id"] in rated
        assert reason["text"].startswith(f"{beginning}{reason['user_id']}")
        assert reason["title"] in reason["text"]
    assert {reason["user_id"] for reason in reasons} == {"u2", "u3"}
    assert all("reason" not in item for item in joint(api, users="u2,u3", reasons=False)["items"])


@pytest.mark.parametrize("users", ["u2,u3", ["u2", "u3"], "u2, u3", ["u2", "u3", "u2"], "u2,u3,"])
def test_users_are_named_in_one_parameter_or_in_several(api, users):
    assert joint(api, users=users)["users"] == ["u2", "u3"]


def test_an_id_with_a_comma_stands_in_a_parameter_of_its_own(api):
    assert joint(api, users=["a,b", "u2"])["users"] == ["a,b", "u2"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"users": ""},
        {"users": ","},
        {"users": ",".join(f"u{number}" for number in range(11))},
        {"users": [f"u{number}" for number in range(11)]},
        {"users": "u2,\x00"},
        {"users": "u2,u3", "aggregation": "dictatorship"},
    ],
)
def test_what_is_no_group_is_refused(api, parameters):
    assert api.get("/v1/recommendations", params=parameters).status_code == 422


def test_ten_people_are_a_group(api):
    users = [f"u{number}" for number in range(10)]
    assert joint(api, users=",".join(users))["users"] == users


def test_people_whom_nobody_knows_get_what_is_popular(api):
    answer = joint(api, users="nobody,nobody else")
    assert answer["policy"] == "popular"
    assert movie_ids(answer) == api.movie_ids("nobody")


def test_filters_sliders_and_pages_work_for_groups(api):
    comedies = joint(api, users="u2,u3", genre="Comedy", k=40, exclude_seen=False)
    assert {int(movie_id[1:]) % 2 for movie_id in movie_ids(comedies)} == {0}
    whole = movie_ids(joint(api, users="u2,u3", rarity=1, diversity=1, k=40))
    assert whole != movie_ids(joint(api, users="u2,u3", k=40))
    read, cursor = [], ""
    while cursor is not None:
        answer = joint(api, users="u2,u3", rarity=1, diversity=1, k=7, cursor=cursor)
        read += movie_ids(answer)
        cursor = answer["next_cursor"]
    assert read == whole


def test_the_typed_client_asks_for_a_group(api):
    with Client(str(api.base_url)) as client:
        found = client.recommendations_for_group(["u2", "a,b"], 5, "average", ListOptions(genre="Drama"))
    assert (found.users, found.aggregation, len(found.items)) == (("u2", "a,b"), "average", 5)
    assert np.all([int(movie.movie_id[1:]) % 2 for movie in found.items])
