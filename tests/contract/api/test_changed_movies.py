"""Movies that are added, renamed, hidden and retired by hand, on SQLite and on PostgreSQL, by one server and others."""

import pytest
from tests.contract.api.conftest import TOKEN, serving

from matinee.clients.api import Client
from matinee.clients.schemas.movies import MovieEdit, NewMovie
from matinee.errors import NotFound
from matinee.ratings.movie_changes import MovieChanges
from matinee.serving.app import create_app
from matinee.settings import Settings

TOKENS = {"Authorization": f"Bearer {TOKEN}"}
DRAMA = {"title": "The Léon Chronicle, Part 99", "year": 1987, "genres": ["Drama"]}


@pytest.fixture
def settings(tmp_path, mlflow, make_settings) -> Settings:
    return make_settings(home=tmp_path / "home", mlflow_url=mlflow.url, api_token=TOKEN)


def put(api, movie_id: str, **movie: object):
    return api.put(f"/v1/movies/{movie_id}", headers=TOKENS, json=DRAMA | movie)


def found(api, query: str) -> list[str]:
    return [movie["movie_id"] for movie in api.get("/v1/movies", params={"query": query}).json()["items"]]


def listed(api, history: str = "m1", k: int = 100) -> list[str]:
    body = {"history": [{"movie_id": history}], "k": k}
    return [item["movie_id"] for item in api.post("/v1/recommendations", json=body).json()["items"]]


def test_a_movie_that_is_added_is_in_the_next_answer_of_this_server_and_of_its_replica(api, settings):
    with serving(create_app(settings)) as replica:
        assert found(replica, "part 99") == []
        assert put(api, "new").json() == {"movie_id": "new", **DRAMA, "status": "listed"}
        for server in (api, replica):
            assert server.get("/v1/movies/new").json()["title"] == DRAMA["title"]
            assert found(server, "part 99") == ["new"]
            assert "new" in listed(server)
            assert "new" in server.movie_ids("u1", k=100)


def test_a_new_movie_is_recommended_to_whom_its_genre_suits(api):
    put(api, "new")
    of_its_genre, of_another = listed(api, "m1"), listed(api, "m2")
    assert of_its_genre.index("new") < of_another.index("new")


def test_a_new_movie_can_be_rated_and_is_then_no_longer_recommended(api):
    assert api.post("/v1/ratings", json={"user_id": "a", "movie_id": "new", "rating": 5}).status_code == 422
    put(api, "new")
    api.rate("a", "new")
    api.rate("a", "m1")
    answer = api.recommend("a", k=100)
    assert answer["policy"] == "fold_in"
    assert "new" not in [item["movie_id"] for item in answer["items"]]
    assert "new" in [rating["movie_id"] for rating in api.get("/v1/users/a/ratings").json()["ratings"]]


def test_lists_of_movies_that_nobody_rated_say_popular(api):
    put(api, "new")
    assert api.get("/v1/movies/new/similar").json()["policy"] == "popular"
    assert api.post("/v1/recommendations", json={"history": [{"movie_id": "new"}]}).json()["policy"] == "popular"


def test_a_movie_is_renamed_in_every_answer(api):
    edited = api.patch("/v1/movies/m3", headers=TOKENS, json={"title": "Another  name", "year": None})
    assert edited.json() == {
        "movie_id": "m3",
        "title": "Another name",
        "year": None,
        "genres": ["Drama", "Classic"],
        "status": "listed",
    }
    assert found(api, "another name") == ["m3"]
    items = {item["movie_id"]: item for item in api.recommend("nobody", k=100)["items"]}
    assert items["m3"]["title"] == "Another name"
    assert items["m4"]["title"] == "The Léon Chronicle, Part 4"


def test_a_hidden_movie_is_in_no_list_and_a_retired_one_is_gone_until_they_come_back(api):
    everything = set(listed(api))
    assert api.patch("/v1/movies/m3", headers=TOKENS, json={"hidden": True}).json()["status"] == "hidden"
    assert api.delete("/v1/movies/m5", headers=TOKENS).status_code == 204
    assert set(listed(api)) == everything - {"m3", "m5"}
    similar = [item["movie_id"] for item in api.get("/v1/movies/m1/similar?k=100").json()["items"]]
    assert not {"m3", "m5"} & {*similar, *api.movie_ids("u1", k=100), *found(api, "chronicle")}
    assert not {"m3", "m5"} & {*api.movie_ids("u1", k=100, genre="Drama"), *found(api, "part 3"), *found(api, "part 5")}
    assert api.get("/v1/movies/m3").status_code == 200
    assert api.get("/v1/movies/m5").status_code == api.get("/v1/movies/m5/similar").status_code == 404
    assert api.delete("/v1/movies/m5", headers=TOKENS).status_code == 404
    api.patch("/v1/movies/m3", headers=TOKENS, json={"hidden": False})
    put(api, "m5")
    assert set(listed(api)) == everything


def test_the_next_model_serves_what_was_changed_for_the_one_before(api, mlflow):
    put(api, "new")
    api.delete("/v1/movies/m5", headers=TOKENS)
    mlflow.register(2)
    assert api.swap(2).status_code == 200
    assert "new" in listed(api)
    assert "m5" not in listed(api)


def test_a_change_that_another_process_made_counts_for_every_answer_after_it(api, settings):
    listed(api)
    with serving(create_app(settings)) as other:
        for number in range(5):
            put(other, "new", title=f"Number {number}")
            assert api.get("/v1/movies/new").json()["title"] == f"Number {number}"


def test_changes_need_the_token_and_a_movie_as_it_is_described(api):
    assert api.put("/v1/movies/new", json=DRAMA).status_code == 401
    assert api.patch("/v1/movies/m3", json={"title": "x"}).status_code == 401
    assert api.delete("/v1/movies/m3").status_code == 401
    assert put(api, "new", title=" ").status_code == 422
    assert put(api, "new", nonsense=1).status_code == 422
    assert api.patch("/v1/movies/m3", headers=TOKENS, json={}).status_code == 422
    assert api.patch("/v1/movies/nothing", headers=TOKENS, json={"title": "x"}).status_code == 404
    assert api.get("/v1/movies/new").status_code == 404


def test_every_change_is_in_the_history(api, settings):
    put(api, "new")
    put(api, "new", title="Other")
    api.patch("/v1/movies/new", headers=TOKENS, json={"hidden": True})
    api.patch("/v1/movies/new", headers=TOKENS, json={"hidden": False})
    api.delete("/v1/movies/new", headers=TOKENS)
    put(api, "new")
    history = MovieChanges(settings).history()
    assert [each.what for each in history] == ["added", "changed", "hidden", "shown", "retired", "added"]
    assert {each.who for each in history} == {"API"}
    assert [each.movie.title for each in history][:2] == [DRAMA["title"], "Other"]


def test_the_client_changes_the_catalogue(api):
    with Client(str(api.base_url), TOKEN) as client:
        assert client.put_movie("a/b", NewMovie(title="New")).status == "listed"
        assert client.change_movie("a/b", MovieEdit(hidden=True)).status == "hidden"
        client.retire_movie("a/b")
        with pytest.raises(NotFound):
            client.movie("a/b")
