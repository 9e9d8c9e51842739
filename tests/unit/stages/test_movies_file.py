"""The movies file hides and retires movies with the next day's run, and the history of the catalogue says so."""

import pytest

from matinee.catalogue.changes import ChangedMovie
from matinee.ratings.movie_changes import MovieChanges
from matinee.settings import Settings
from matinee.stages.ingest import ingest_chunk
from matinee.stages.movies_file import WHO
from matinee.stages.stores import Stores

TITLES = {"m0": "Alien (1979)", "m1": "Heat (1995)", "m2": "Fargo (1996)"}


@pytest.fixture
def settings(tmp_path) -> Settings:
    rows = [f"u{day % 3},m{day % 3},5,2020-01-{day:02}" for day in range(1, 29)]
    (tmp_path / "r.csv").write_text("\n".join(["user_id,movie_id,rating,rated_at", *rows]))
    movies = tmp_path / "movies.csv"
    return Settings(home=tmp_path / "home", data=str(tmp_path / "r.csv"), movies=movies, chunk="1d", _env_file=None)


def run(settings: Settings, number: int, **statuses: str) -> list[tuple[str, str, str]]:
    """A day's run with such a movies file; the history of the catalogue after it."""
    lines = [f"{movie_id},{title},Drama,{statuses.get(movie_id, '')}" for movie_id, title in TITLES.items()]
    settings.movies.write_text("\n".join(["movie_id,title,genres,status", *lines]))
    ingest_chunk(Stores.of(settings), f"run-{number}")
    return [(each.movie.movie_id, each.what, each.who) for each in MovieChanges(settings).history()]


def test_a_movie_is_hidden_retired_and_listed_again_each_once_however_often_a_run_is_repeated(settings):
    assert run(settings, 1) == []
    hidden, retired = ("m0", "hidden", WHO), ("m1", "retired", WHO)
    assert run(settings, 2, m0="hidden", m1=" Retired ") == [hidden, retired]
    assert run(settings, 2, m0="hidden", m1="retired") == [hidden, retired]
    assert run(settings, 3, m1="retired", m0="listed") == [hidden, retired, ("m0", "shown", WHO)]
    said = MovieChanges(settings).movies()
    assert said["m1"] == ChangedMovie("m1", "Heat", 1995, ("Drama",), "retired")
    assert said["m0"].status == "listed"


def test_a_title_that_the_file_changes_later_reaches_a_movie_that_it_hid_before(settings, monkeypatch):
    run(settings, 1, m0="hidden")
    monkeypatch.setitem(TITLES, "m0", "Aliens (1986)")
    assert run(settings, 2)[-1] == ("m0", "shown", WHO)
    monkeypatch.setitem(TITLES, "m0", "Alien 3 (1992)")
    assert run(settings, 3)[-1] == ("m0", "changed", WHO)
    assert Stores.of(settings).movies.filter(movie_id="m0")["title"].to_list() == ["Alien 3"]


def test_what_was_changed_by_hand_goes_before_the_file(settings):
    run(settings, 1, m0="hidden")
    by_hand = ChangedMovie("m0", "Alien", 1979, ("Horror",), "listed")
    MovieChanges(settings).record("shown", by_hand, "API")
    run(settings, 2, m0="retired")
    assert MovieChanges(settings).movies()["m0"] == by_hand


def test_a_status_of_other_words_is_left_alone_and_one_that_is_misspelt_is_told(settings):
    assert run(settings, 1, m0="Released", m1="Rumored") == []
    assert Stores.of(settings).source.movie_reasons == {}
    assert run(settings, 2, m0="hidden", m1="hiden") == [("m0", "hidden", WHO)]
    assert Stores.of(settings).source.movie_reasons == {"unknown_status": 1}
