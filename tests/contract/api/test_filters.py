"""Lists of a part of the catalogue: several genres, none of some, not these movies, only these."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checks
from hypothesis import strategies as st

from matinee.clients.api import Client
from matinee.clients.schemas.recommendations import ListOptions

COMEDIES, DRAMAS, CLASSICS = set(range(0, 40, 2)), set(range(1, 40, 2)), set(range(10))
OF_GENRE = {"Comedy": COMEDIES, "drama": DRAMAS, "CLASSIC": CLASSICS}


@pytest.fixture
def api(shared_api):
    """None of these tests changes anything."""
    return shared_api


def rows_of(movie_ids) -> set[int]:
    return {int(movie_id[1:]) for movie_id in movie_ids}


def listed(api, **filters) -> set[int]:
    """What a user and a session without a name get, which is the same part of the catalogue."""
    in_query = rows_of(api.movie_ids("nobody", k=40, **filters))
    body = {name: [value] if isinstance(value, str) and name != "genre" else value for name, value in filters.items()}
    items = api.post("/v1/recommendations", json={"k": 40, **body}).json()["items"]
    assert rows_of(item["movie_id"] for item in items) == in_query
    return in_query


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        ({"genre": ["Classic", "Drama"]}, CLASSICS | DRAMAS),
        ({"genre": ["classic", ""]}, CLASSICS),
        ({"exclude_genre": ["Comedy"]}, DRAMAS),
        ({"exclude_genre": ["Comedy", "classic"]}, DRAMAS - CLASSICS),
        ({"genre": "Comedy", "exclude_genre": "Classic"}, COMEDIES - CLASSICS),
        ({"genre": "Comedy", "exclude_genre": "Comedy"}, set()),
        ({"exclude_movie": ["m0", "m39", "no such movie"]}, set(range(1, 39))),
        ({"only_movie": ["m3", "m4", "no such movie"]}, {3, 4}),
        ({"only_movie": ["no such movie"]}, set()),
        ({"only_movie": ["m3", "m4", "m5"], "genre": "Drama", "exclude_movie": "m5"}, {3}),
    ],
)
def test_a_list_holds_what_its_filters_leave(api, filters, rows):
    assert listed(api, **filters) == rows


def test_a_session_may_be_limited_to_no_movie_at_all(api):
    assert api.post("/v1/recommendations", json={"only_movie": []}).json()["items"] == []


def test_a_number_is_the_id_that_it_is_everywhere(api):
    assert api.post("/v1/recommendations", json={"exclude_movie": [7], "only_movie": [7]}).status_code == 200


@pytest.mark.parametrize("name", ["genre", "exclude_genre"])
def test_a_genre_that_no_movie_has_is_refused_wherever_it_stands(api, name):
    for names in (["Opera"], ["Comedy", "Opera"]):
        assert api.get("/v1/users/u1/recommendations", params={name: names}).status_code == 400
        assert api.post("/v1/recommendations", json={name: names}).status_code == 400


@pytest.mark.parametrize("name", ["exclude_movie", "only_movie"])
def test_more_movies_than_a_list_may_name_are_refused(api, name):
    movie_ids = [f"m{number}" for number in range(1_001)]
    assert api.post("/v1/recommendations", json={name: movie_ids}).status_code == 422
    assert api.post("/v1/recommendations", json={name: movie_ids[:-1]}).status_code == 200


@given(
    st.lists(st.sampled_from(sorted(OF_GENRE)), max_size=2),
    st.lists(st.sampled_from(sorted(OF_GENRE)), max_size=2),
    st.lists(st.integers(0, 41), max_size=5),
    st.none() | st.lists(st.integers(0, 41), min_size=1, max_size=20),
)
@checks(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filters_are_sets_that_are_cut_with_each_other(api, genres, without_genres, without, only):
    expected = set(range(40))
    if genres:
        expected &= set().union(*(OF_GENRE[genre] for genre in genres))
    expected -= set().union(*(OF_GENRE[genre] for genre in without_genres))
    expected -= set(without)
    expected &= set(range(40)) if only is None else set(only)
    filters = {"genre": genres, "exclude_genre": without_genres, "exclude_movie": [f"m{row}" for row in without]}
    if only is not None:
        filters["only_movie"] = [f"m{row}" for row in only]
    assert listed(api, **filters) == expected


def test_filtered_lists_are_not_mixed_up_when_they_are_asked_again(api):
    asked = [{"genre": "Comedy"}, {"exclude_genre": "Comedy"}, {"only_movie": "m7"}, {"exclude_movie": "m7"}, {}]
    first = [api.movie_ids("u2", k=40, exclude_seen=False, **filters) for filters in asked]
    assert [api.movie_ids("u2", k=40, exclude_seen=False, **filters) for filters in asked] == first
    assert len({tuple(movie_ids) for movie_ids in first}) == len(asked)


def test_the_catalogue_is_searched_with_the_same_filters(api):
    found = api.get("/v1/movies", params={"limit": 40, "genre": ["Classic", "Drama"], "exclude_movie": "m1"}).json()
    assert rows_of(movie["movie_id"] for movie in found["items"]) == (CLASSICS | DRAMAS) - {1}


def test_the_typed_client_asks_with_the_same_options(api):
    options = ListOptions(genre=("Classic", "Drama"), exclude_movie=("m1",), exclude_seen=False)
    with Client(str(api.base_url)) as client:
        for answer in (
            client.recommendations("u2", 40, options=options),
            client.recommendations_for([], 40, None, options),
        ):
            assert rows_of(movie.movie_id for movie in answer.items) == (CLASSICS | DRAMAS) - {1}
