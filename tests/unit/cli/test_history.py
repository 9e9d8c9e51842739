"""`matinee import --as USER`: a history of another service becomes ratings of a user."""

import json
from types import SimpleNamespace

import pytest

from matinee.clients import api

CATALOGUE = "movie_id,title\n7,Heat (1995)\n8,Alien (1979)\n"
EXPORT = (
    "Date,Name,Year,Letterboxd URI,Rating\n"
    "2024-01-02,Heat,1995,u,4.5\n2024-01-03,Alien,1979,u,\n2024-01-03,Unheard Of,2001,u,3\n"
)


@pytest.fixture
def sent(monkeypatch):
    """Ratings that reached the API."""
    found = []

    class FakeClient:
        def __init__(self, url):
            self.url = url

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def rate(self, *ratings):
            found.extend(ratings)
            return SimpleNamespace(stored=len(ratings))

    monkeypatch.setattr(api, "Client", FakeClient)
    return found


@pytest.fixture
def run(monkeypatch, tmp_path, run_import):
    for name, value in (("HOME", "home"), ("DATA", "r.csv"), ("MOVIES", "m.csv")):
        monkeypatch.setenv(f"MATINEE_{name}", str(tmp_path / value))
    (tmp_path / "r.csv").write_text("user_id,movie_id,rating,rated_at\nu,7,4,2026-01-05\n")
    (tmp_path / "m.csv").write_text(CATALOGUE)
    (tmp_path / "export.csv").write_text(EXPORT)
    return run_import


def test_a_history_is_sent_as_ratings_of_the_user_and_what_was_not_found_is_listed(run, sent):
    code, told, _ = run("export.csv", "--as", "ann", "--yes")
    assert code == 0
    assert [(each.user_id, each.movie_id, each.rating) for each in sent] == [("ann", "7", 4.5), ("ann", "8", 4.0)]
    assert "Letterboxd, for user ann: 2 movies are in the catalogue, 1 of them watched without a rating" in told
    assert "Unheard Of (2001)" in told
    assert "2 ratings are new." in told


def test_without_anybody_to_ask_the_history_is_told_and_nothing_sent(run, sent):
    code, told, error = run("export.csv", "--as", "ann")
    assert (code, sent) == (2, [])
    assert "2 movies are in the catalogue" in told
    assert "--yes" in error


def test_a_program_gets_the_history_as_one_object(run, sent):
    code, told, _ = run("export.csv", "--as", "ann", "--yes", "--json")
    result = json.loads(told)
    assert (code, len(sent), result["stored"], result["not_found"]) == (0, 2, 2, ["Unheard Of (2001)"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("r.csv", "--as", "ann"), "no history that is known here"),
        (("nowhere.csv", "--as", "ann"), "There is no file nowhere.csv"),
        (("export.csv", "--as", "ann", "--movies", "m.csv"), "--as takes files of histories alone"),
        (("export.csv", "--as", " "), "is not a valid id"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(run, sent, arguments, said):
    code, _, error = run(*arguments, "--yes")
    assert (code, sent) == (2, [])
    assert said in error
