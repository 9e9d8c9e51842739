"""Exploring: off, lists are as they were to the byte; on, a bounded share is of new movies, marked and noted."""

import polars as pl
import pytest
from tests.contract.api.conftest import TOKEN

SHARE = 0.1


def add_new_movies(api, n: int = 20) -> set[str]:
    tokens = {"Authorization": f"Bearer {TOKEN}"}
    for number in range(n):
        movie = {"title": f"New {number}", "year": 1990, "genres": ["Drama"]}
        assert api.put(f"/v1/movies/n{number}", headers=tokens, json=movie).status_code == 200
    return {f"n{number}" for number in range(n)}


def items_of(answer: dict) -> list[dict]:
    return answer["items"]


@pytest.fixture
def exploring(start_with):
    return start_with(explore=SHARE, impressions_s=0.2)


def test_without_exploring_no_movie_is_marked_and_none_is_noted(start_with):
    api = start_with(explore=0.0)
    add_new_movies(api)
    assert not any("explored" in item for user in range(40) for item in items_of(api.recommend(f"u{user}")))


def test_a_share_of_the_places_is_of_new_movies_which_are_marked_and_never_the_first(exploring):
    new = add_new_movies(exploring)
    n_explored = []
    for user in range(40):
        items = items_of(exploring.recommend(f"u{user}", k=15))
        explored = [item for item in items if item.get("explored")]
        assert len(items) == len({item["movie_id"] for item in items}) == 15
        assert {item["movie_id"] for item in explored} <= new
        assert explored == items[len(items) - len(explored) :]
        assert len(explored) in {1, 2}
        n_explored.append(len(explored))
    assert set(n_explored) == {1, 2}


def test_the_other_places_are_as_without_exploring(exploring, start_with):
    add_new_movies(exploring)
    plain = start_with(explore=0.0)
    for user in range(10):
        found, expected = exploring.recommend(f"u{user}", k=15), plain.recommend(f"u{user}", k=15)
        kept = [item for item in items_of(found) if not item.get("explored")]
        assert kept == items_of(expected)[: len(kept)]
        assert found["policy"] == expected["policy"]


def test_the_same_person_gets_the_same_list_from_every_server(exploring, start_with):
    add_new_movies(exploring)
    other = start_with(explore=SHARE)
    for user in range(5):
        assert items_of(exploring.recommend(f"u{user}")) == items_of(other.recommend(f"u{user}"))


def test_sessions_explore_too(exploring):
    add_new_movies(exploring)
    histories = [[{"movie_id": f"m{movie}"}] for movie in range(20)]
    answers = [exploring.post("/v1/recommendations", json={"history": each, "k": 20}).json() for each in histories]
    assert all(any(item.get("explored") for item in items_of(answer)) for answer in answers)


def test_each_explored_movie_is_noted_with_its_propensity(exploring, start_with, settings):
    new = add_new_movies(exploring)
    listed = set(start_with(explore=0.0, impressions_s=0).movie_ids("u3", k=15))
    answer = exploring.recommend("u3", k=15)
    explored = [item["movie_id"] for item in items_of(answer) if item.get("explored")]
    exploring.wait_for(lambda: list((settings.home / "impressions").glob("*/*.parquet")) != [])
    noted = pl.read_parquet(settings.home / "impressions" / "*" / "*.parquet").row(0, named=True)
    assert noted["request_id"] == answer["request_id"]
    assert noted["explored"] == explored
    assert noted["propensity"] == pytest.approx(SHARE * 15 / len(new - listed))


def test_a_filter_holds_for_what_is_explored(exploring):
    add_new_movies(exploring)
    for user in range(10):
        assert not any(item.get("explored") for item in items_of(exploring.recommend(f"u{user}", genre="Comedy")))
