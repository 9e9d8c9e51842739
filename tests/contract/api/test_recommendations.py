"""Lists for people: who gets which, how they were made, and that the answer tells it truly."""

from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checks
from hypothesis import strategies as st

from matinee.evaluation.evaluate import Contender
from matinee.evaluation.split import Case
from matinee.ranking import History, recommend
from matinee.ratings.fields import canonical_id

CONTRACT = {"user_id", "policy", "model_version", "run_id", "request_id", "items"}


@pytest.fixture
def api(shared_api):
    """None of these tests changes anything."""
    return shared_api


@pytest.fixture
def learned(shared_model):
    return shared_model


def test_a_known_user_gets_a_learned_list_with_titles(api):
    answer = api.recommend("u2", k=5)
    assert answer.keys() >= CONTRACT
    assert (answer["user_id"], answer["policy"]) == ("u2", "learned")
    assert (answer["model_version"], answer["run_id"]) == ("1", "run-1")
    assert len(answer["items"]) == 5
    first = answer["items"][0]
    row = int(first["movie_id"].removeprefix("m"))
    assert first["title"] == f"The Léon Chronicle, Part {row}"
    assert first["year"] == 1950 + row
    assert first["genres"][0] == ["Comedy", "Drama"][row % 2]
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)


def test_people_of_different_tastes_get_different_movies(api):
    for taste in (0, 1):
        own = [int(movie_id[1:]) % 2 == taste for movie_id in api.movie_ids(f"u{taste + 2}", k=5, exclude_seen=False)]
        assert sum(own) >= 4


def test_a_query_that_was_asked_before_is_answered_for_whoever_asks_now(api):
    path, query = "/v1/users/{}/recommendations", "?k=3&genre=Comedy&reasons=false"
    first = [api.get(path.format(user_id) + query).json()["items"] for user_id in ("u2", "u3", "who%2Fever")]
    again = [api.get(path.format(user_id) + query).json() for user_id in ("u2", "u3", "who%2Fever")]
    assert [answer["items"] for answer in again] == first
    assert [answer["user_id"] for answer in again] == ["u2", "u3", "who/ever"]
    assert first[0] != first[1]


@pytest.mark.parametrize("user_id", ["%20", "x" * 300, "%00"])
def test_a_query_that_was_asked_before_does_not_let_a_wrong_id_in(api, user_id):
    for query in ("?k=4", "?k=4"):
        assert api.get(f"/v1/users/u2/recommendations{query}").status_code == 200
        answer = api.get(f"/v1/users/{user_id}/recommendations{query}")
        assert (answer.status_code, answer.json()["title"]) == (422, "Invalid request")


def test_a_wrong_query_stays_wrong(api):
    for _ in range(2):
        assert api.get("/v1/users/u2/recommendations?k=0").status_code == 422
        assert api.get("/v1/users/u2/recommendations?genre=None").status_code == 400


@pytest.mark.parametrize("exclude_seen", [True, False])
@pytest.mark.parametrize("genre", ["", "Comedy"])
@pytest.mark.parametrize("user_id", ["u3", "u8", "nobody"])
def test_the_answer_is_that_of_the_ranking_function(api, learned, movies, user_id, genre, exclude_seen):
    candidates = np.array([not genre or genre in genres for genres in movies["genres"].to_list()])
    expected = recommend(
        learned.model, learned.user_index.get(user_id), None, 7, candidates=candidates, exclude_seen=exclude_seen
    )
    answer = api.recommend(user_id, k=7, genre=genre, exclude_seen=exclude_seen)
    assert answer["policy"] == expected.policy
    assert [item["movie_id"] for item in answer["items"]] == [f"m{row}" for row in expected.items]
    assert [item["score"] for item in answer["items"]] == pytest.approx(expected.scores.tolist())


def test_a_new_user_gets_the_most_popular_movies(api, learned):
    answer = api.recommend("nobody has this name")
    best = np.argsort(-learned.model.popularity, kind="stable")[:10]
    assert answer["policy"] == "popular"
    assert [item["movie_id"] for item in answer["items"]] == [f"m{row}" for row in best]


def test_a_long_list_holds_every_unseen_movie_once(api, ratings):
    seen = set(ratings.filter(user_id="u7")["movie_id"])
    assert sorted(api.movie_ids("u7", k=500)) == sorted({f"m{row}" for row in range(40)} - seen)


@pytest.mark.parametrize("genre", ["Classic", "classic", "CLASSIC"])
def test_a_genre_leaves_only_its_movies(api, genre):
    answer = api.recommend("nobody", genre=genre, k=40)
    assert {item["movie_id"] for item in answer["items"]} == {f"m{row}" for row in range(10)}


@pytest.mark.parametrize(
    ("bounds", "rows"),
    [
        ({"year_from": 1985}, range(35, 40)),
        ({"year_to": 1952}, range(3)),
        ({"year_from": 1960, "year_to": 1960}, range(10, 11)),
        ({"year_from": 1990}, range(0)),
        ({"year_from": 1970, "year_to": 1960}, range(0)),
        ({"year_from": 1950, "year_to": 1953, "genre": "comedy"}, range(0, 4, 2)),
    ],
)
def test_years_bound_a_list_both_ends_included(api, bounds, rows):
    movie_ids = {f"m{row}" for row in rows}
    assert set(api.movie_ids("nobody", k=40, **bounds)) == movie_ids
    session = {"history": [], "k": 40, **bounds}
    found = api.post("/v1/recommendations", json=session).json()["items"]
    assert {item["movie_id"] for item in found} == movie_ids


def test_a_year_that_is_none_is_a_problem(api):
    assert api.get("/v1/users/u1/recommendations", params={"year_from": "soon"}).status_code == 422
    assert api.post("/v1/recommendations", json={"year_to": -1}).status_code == 422


@given(
    user_id=st.sampled_from(["u2", "u3", "nobody"]),
    k=st.integers(1, 500),
    genre=st.sampled_from(["", "Comedy", "classic"]),
    years=st.tuples(st.integers(1940, 2000), st.integers(1940, 2000)),
)
@checks(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_is_as_long_as_there_are_candidates_and_always_the_same(api, user_id, k, genre, years):
    filters = {"genre": genre, "year_from": years[0], "year_to": years[1]}
    candidates = api.get("/v1/movies", params={"limit": 500, **filters}).json()["items"]
    first, second = (api.movie_ids(user_id, k=k, exclude_seen=False, **filters) for _ in range(2))
    assert first == second
    assert len(first) == min(k, len(candidates))
    assert set(first) <= {movie["movie_id"] for movie in candidates}


def test_an_unknown_genre_is_refused_with_the_genres_there_are(api):
    answer = api.get("/v1/users/u1/recommendations", params={"genre": "Opera"})
    assert answer.status_code == 400
    assert answer.json()["detail"] == "No movie has the genre 'Opera'."
    assert answer.json()["hint"] == "Choose one of: Classic, Comedy, Drama."


@pytest.mark.parametrize("k", ["0", "501", "-1", "many", "1.5"])
def test_an_impossible_length_is_a_problem(api, k):
    answer = api.get("/v1/users/u1/recommendations", params={"k": k})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.k"


def is_an_id(text: str) -> bool:
    """As a segment of a path; clients resolve `.` and `..` themselves (RFC 3986, 5.2.4)."""
    return text.isprintable() and bool(text.strip()) and text not in {".", ".."}


@given(user_id=st.text(min_size=1, max_size=50).filter(is_an_id))
@checks(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_printable_text_is_a_user_id(api, user_id):
    answer = api.get(f"/v1/users/{quote(user_id, safe='')}/recommendations?k=1")
    assert answer.status_code == 200
    assert answer.json()["user_id"] == canonical_id(user_id)


@pytest.mark.parametrize("user_id", ["", "%20", "%00", "a%09b", "x" * 300])
def test_an_id_that_is_none_is_a_problem(api, user_id):
    assert api.get(f"/v1/users/{user_id}/recommendations").status_code == 422


def test_a_session_without_a_user_gets_a_list_from_its_history(api):
    answer = api.post("/v1/recommendations", json={"history": [{"movie_id": "m8"}, {"movie_id": "m2"}], "k": 5}).json()
    assert (answer["user_id"], answer["policy"], answer["model_version"]) == (None, "fold_in", "1")
    found = [int(item["movie_id"][1:]) for item in answer["items"]]
    assert len(found) == 5
    assert {2, 8}.isdisjoint(found)
    assert sum(row % 2 == 0 for row in found) >= 4


def test_a_session_that_has_not_begun_gets_popular_movies(api):
    answer = api.post("/v1/recommendations", json={"history": []}).json()
    assert (answer["policy"], len(answer["items"])) == ("popular", 10)


def test_the_last_movie_of_a_session_is_the_newest(api, learned):
    history = [{"movie_id": f"m{row}"} for row in (3, 8, 12)]
    answer = api.post("/v1/recommendations", json={"history": history, "k": 40}).json()
    news = History(np.array([3, 8, 12], np.int32), np.full(3, 5, np.float32), np.arange(3))
    expected = recommend(learned.model, None, news, 40)
    assert [item["movie_id"] for item in answer["items"]] == [f"m{row}" for row in expected.items]


def test_times_order_a_session_when_every_movie_has_one(api):
    movies = [("m3", "2024-01-03"), ("m8", "2024-01-01"), ("m12", 1704153600)]
    timed = [{"movie_id": movie_id, "rated_at": time} for movie_id, time in movies]
    in_order = [{"movie_id": movie_id} for movie_id in ("m8", "m12", "m3")]
    first, second = (
        api.post("/v1/recommendations", json={"history": history, "k": 40}).json()["items"]
        for history in (timed, in_order)
    )
    assert first == second


def test_movies_that_nobody_knows_are_ignored_in_a_session(api):
    answer = api.post("/v1/recommendations", json={"history": [{"movie_id": 123456}, {"movie_id": "m1"}], "k": 3})
    assert answer.json()["policy"] == "fold_in"


def test_a_session_filters_as_a_user_does(api):
    body = {"history": [{"movie_id": "m8"}], "k": 40, "genre": "comedy", "exclude_seen": False}
    found = {item["movie_id"] for item in api.post("/v1/recommendations", json=body).json()["items"]}
    assert found == {f"m{row}" for row in range(0, 40, 2)}


@pytest.mark.parametrize(
    "body",
    [
        {"history": [{"movie_id": "m1", "rating": 7}]},
        {"history": [{}]},
        {"history": [{"movie_id": "m1"}] * 1001},
        {"history": "m1"},
        {"k": 501},
        {"histroy": []},
        [],
    ],
)
def test_a_session_that_cannot_be_read_is_a_problem(api, body):
    answer = api.post("/v1/recommendations", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("user_id", ["u2", "u3", "u17"])
def test_evaluation_ranks_for_a_user_as_the_server_does(api, learned, ratings, user_id):
    history = ratings.filter(user_id=user_id).sort("rated_at").select("movie_id", "rating", "rated_at")
    case = Case(user_id, "warm", history, frozenset({"a movie that came later"}))
    contender = Contender(learned.model, learned.user_index, learned.item_index)
    assert [f"m{row}" for row in contender.ranked(case, 10)] == api.movie_ids(user_id, k=10)
