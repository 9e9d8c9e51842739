"""The catalogue over HTTP."""

import pytest

from matinee.ranking import similar


@pytest.fixture
def api(shared_api):
    """None of these tests changes anything."""
    return shared_api


@pytest.fixture
def learned(shared_model):
    return shared_model


def test_a_movie_is_found_by_its_id(api):
    assert api.get("/v1/movies/m3").json() == {
        "movie_id": "m3",
        "title": "The Léon Chronicle, Part 3",
        "year": 1953,
        "genres": ["Drama", "Classic"],
    }


@pytest.mark.parametrize("path", ["/v1/movies/m99", "/v1/movies/m99/similar", "/v1/movies/a%2Fb"])
def test_a_movie_that_does_not_exist_is_not_found(api, path):
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.json()["title"] == "Not found"


@pytest.mark.parametrize("query", ["part 39", "39", "leon 39", "  CHRONICLE   39", "39 léon"])
def test_movies_are_found_by_words_of_their_title(api, query):
    found = api.get("/v1/movies", params={"query": query}).json()["items"]
    assert [movie["movie_id"] for movie in found] == ["m39"]


@pytest.mark.parametrize("query", ["cronicle 39", "chronicel 39", "LÉON chronical part 39", "chronicles 39"])
def test_typing_errors_are_forgiven_when_no_title_has_the_words(api, query):
    found = api.get("/v1/movies", params={"query": query}).json()["items"]
    assert found[0]["movie_id"] == "m39"


def test_titles_with_the_words_as_they_were_typed_come_alone(api):
    assert len(api.get("/v1/movies", params={"query": "chronicle", "limit": 500}).json()["items"]) == 40
    assert len(api.get("/v1/movies", params={"query": "cronicle", "limit": 500}).json()["items"]) == 40
    assert [each["movie_id"] for each in api.get("/v1/movies?query=39").json()["items"]] == ["m39"]


def test_found_movies_can_be_filtered_by_genre_and_year(api):
    parameters = {"query": "chronicel", "genre": "drama", "year_from": 1985, "limit": 500}
    found = api.get("/v1/movies", params=parameters).json()["items"]
    assert {movie["movie_id"] for movie in found} == {"m35", "m37", "m39"}


@pytest.mark.parametrize("query", ["!?", "...", "'"])
def test_a_query_without_a_word_finds_nothing_that_does_not_hold_it(api, query):
    assert api.get("/v1/movies", params={"query": query}).json() == {"items": []}


def test_a_title_that_nobody_wrote_is_not_found(api):
    assert api.get("/v1/movies", params={"query": "chronicle zzz"}).json() == {"items": []}


def test_popular_movies_are_found_first(api, learned):
    found = [movie["movie_id"] for movie in api.get("/v1/movies", params={"limit": 500}).json()["items"]]
    popularity = [learned.model.popularity[learned.item_index[movie_id]] for movie_id in found]
    assert len(found) == 40
    assert popularity == sorted(popularity, reverse=True)


def test_no_more_movies_are_found_than_asked_for(api):
    assert len(api.get("/v1/movies").json()["items"]) == 20
    assert len(api.get("/v1/movies", params={"limit": 3}).json()["items"]) == 3


def test_movies_are_found_by_genre(api):
    found = api.get("/v1/movies", params={"genre": "classic", "query": "part"}).json()["items"]
    assert {movie["movie_id"] for movie in found} == {f"m{row}" for row in range(10)}
    assert api.get("/v1/movies", params={"genre": "Opera"}).status_code == 400


@pytest.mark.parametrize("limit", [0, 501])
def test_an_impossible_limit_is_a_problem(api, limit):
    assert api.get("/v1/movies", params={"limit": limit}).status_code == 422


def test_similar_movies_are_those_of_the_ranking_function(api, learned):
    expected = similar(learned.model, 4, 5)
    answer = api.get("/v1/movies/m4/similar", params={"k": 5}).json()
    assert (answer["movie_id"], answer["policy"], answer["model_version"]) == ("m4", "learned", "1")
    assert [movie["movie_id"] for movie in answer["items"]] == [f"m{row}" for row in expected.items]
    assert sum(int(movie["movie_id"][1:]) % 2 == 0 for movie in answer["items"]) >= 4
