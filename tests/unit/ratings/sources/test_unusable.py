"""What cannot be used is said aloud when it is more than a slip, of ratings and of movies."""

import pytest

from matinee.ratings.sources.source import prepare, prepared
from matinee.ratings.sources.unusable import liked_sentence, unusable_sentence, unusable_sentences
from matinee.settings import Settings

HEADER = "user_id,movie_id,rating,rated_at\n"


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "r.csv").write_text(f"{HEADER}u1,m1,1,2026-01-05\nu1,m2,350,2026-01-05\nu2,m1,12,2026-01-06\n")
    (tmp_path / "m.csv").write_text("movie_id,title\nm1,One\nm1,One\n,None\n")
    return Settings(_env_file=None, home=tmp_path / "home", data=str(tmp_path / "r.csv"), movies=tmp_path / "m.csv")


def test_play_counts_and_broken_movies_are_said_aloud(settings):
    assert list(unusable_sentences(prepare(settings))) == [
        "66.7% of the 3 rows of ratings cannot be used: 2 rating_out_of_range.",
        "66.7% of the 3 rows of movies cannot be used: 1 duplicate, 1 empty_id.",
    ]


@pytest.mark.parametrize(("n_rows", "is_said"), [(100, False), (99, True), (0, False)])
def test_one_row_in_a_hundred_is_a_slip_and_more_is_said(n_rows, is_said):
    assert bool(unusable_sentence("ratings", n_rows, {"duplicate": 1} if n_rows else {})) == is_said


def test_what_was_prepared_last_is_found_without_reading_it_again(settings):
    assert prepared(settings) is None
    source = prepare(settings)
    (settings.movies.parent / "r.csv").unlink()
    assert prepared(settings) == source


@pytest.mark.parametrize(
    ("ratings", "positive", "said"),
    [((1, 1), 4, "No rating reaches"), ((5, 9), 4, "Every rating"), ((1, 1), 1, ""), ((3, 9), 7, "")],
)
def test_a_scale_that_the_settings_do_not_fit_is_said(tmp_path, ratings, positive, said):
    (tmp_path / "r.csv").write_text(
        HEADER + "".join(f"u,m{i},{each},2026-01-0{i + 1}\n" for i, each in enumerate(ratings))
    )
    settings = Settings(_env_file=None, home=tmp_path / "h", data=str(tmp_path / "r.csv"), positive_rating=positive)
    found = liked_sentence(prepare(settings), settings)
    assert found.startswith(said)
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    "rows",
    ["u,m1,,2026-01-01\nv,m2,,2026-01-02\n", "u,m1,.5,2026-01-01\nv,m2,.9,2026-01-02\n"],
    ids=["no value", "shares"],
)
def test_of_what_people_watched_no_scale_is_said(tmp_path, rows):
    (tmp_path / "r.csv").write_text(HEADER + rows)
    settings = Settings(_env_file=None, home=tmp_path / "h", data=str(tmp_path / "r.csv"), event="watch")
    source = prepare(settings)
    assert (source.n_ratings, liked_sentence(source, settings)) == (2, "")
