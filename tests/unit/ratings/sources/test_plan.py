"""What people are told of their files before anything is taken from them."""

from datetime import UTC, datetime, timedelta

import pytest

from matinee.errors import BadData, UsageError
from matinee.ratings.sources.plan import plan_import
from matinee.settings import Settings

HEADER = "user_id,movie_id,rating,rated_at"


@pytest.fixture
def look(tmp_path):
    """Plan an import of texts, each in a file of its own; a name says what is in it."""

    def plan(*texts, movies=None, columns=None, written=None, **more):
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"{number}.csv")
            paths[-1].write_text(text)
        settings = Settings(_env_file=None, home=tmp_path / "home")
        return plan_import(paths, movies, columns or {}, settings, written or {}, **more)

    return plan


def ratings(values, times=None):
    begun = datetime(2026, 1, 1, 11, tzinfo=UTC)
    times = times or [(begun + timedelta(hours=i)).isoformat() for i in range(len(values))]
    rows = [f"u,m{i},{value},{time}" for i, (value, time) in enumerate(zip(values, times, strict=True))]
    return "\n".join([HEADER, *rows, ""])


def test_a_plan_tells_form_encoding_columns_scale_unit_and_what_is_unusable(look, tmp_path):
    plan = look(
        "userId;Film;Score;Date;Device\nu;m1;4;1767902400000;tv\nu;m2;5;1767902400001;web\nu;m3;?;1767902400000;\n",
        columns={"movie_id": "Film"},
    )
    found = plan.found
    assert (found.ratings.form, found.ratings.encoding, found.ratings.confidence) == ("CSV with ;", "utf-8", 1.0)
    assert found.ratings.columns == {"user_id": "userId", "movie_id": "Film", "rating": "Score", "rated_at": "Date"}
    assert found.ratings.ignored == ("Device",)
    assert (found.n_ratings, found.ratings.n_rows, found.ratings.reasons) == (2, 3, {"rating_not_a_number": 1})
    assert (found.scale.lowest, found.scale.highest, found.time_unit) == (4, 5, "milliseconds")
    assert "33.3% of the 3 rows of 0.csv cannot be used: 1 rating_not_a_number." in plan.notes
    assert plan.settings == {"MATINEE_DATA": str(tmp_path / "0.csv"), "MATINEE_COLUMNS": "movie_id=Film"}


@pytest.mark.parametrize(
    ("values", "liked"),
    [([0.5, 3, 5], None), ([1, 2, 10], "7"), ([1, 1, 1], "1"), ([1, 2, 2], "2"), ([4, 4.5, 5], None)],
)
def test_what_counts_as_liked_follows_from_the_scale_that_was_found(look, values, liked):
    assert look(ratings(values)).settings.get("MATINEE_POSITIVE_RATING") == liked


@pytest.mark.parametrize(
    ("values", "scale"),
    [([0.5, 3, 5], None), ([1, 2, 10], "1-10:1"), ([1, 1, 1], "1"), ([0, 1, 1], "0-1:1"), ([1.5, 9], "0.5-10:0.5")],
)
def test_the_scale_is_found_and_declared_once(look, values, scale):
    plan = look(ratings(values))
    assert plan.settings.get("MATINEE_RATING_SCALE") == scale
    assert plan.found.ratings.unusable == 0


def test_play_counts_are_told_with_how_to_convert_them(look):
    notes = " ".join(look(ratings([1, 350, 12, 3])).notes)
    assert "50.0% of the 4 rows of 0.csv cannot be used: 2 rating_out_of_range." in notes
    assert "how often somebody watched, say so: --event watch" in notes
    assert "If they are ratings: --scale 0-350" in notes


def test_counts_that_are_said_to_be_counts_are_on_no_scale(look):
    notes = " ".join(look(ratings([1, 350, 12, 3]), event="watch").notes)
    assert "are not used" not in notes


def test_the_bound_that_is_told_is_the_one_that_holds(look):
    notes = " ".join(look(ratings([1, 2, 3, 12])).notes)
    assert "those above 10 are not used" in notes
    assert "those above 4 are not used" in " ".join(look(ratings([1, 2, 3, 12]), scale="1-4").notes)


def test_dates_without_a_time_of_day_are_told_with_what_they_cost(look):
    assert any("All times are dates" in note for note in look(ratings([4, 5], ["2026-01-05", "2026-01-06"])).notes)
    assert not any("All times are dates" in note for note in look(ratings([4, 5])).notes)


def test_a_file_with_titles_and_no_users_is_the_file_of_movies(look, tmp_path):
    plan = look(ratings([4, 5]), "movieId,title\nm0,Heat (1995)\nm1,\n")
    assert plan.settings["MATINEE_MOVIES"] == str(tmp_path / "1.csv")
    assert plan.found.movies.columns == {"movie_id": "movieId", "title": "title"}
    assert any("50% of the rated movies have no title" in note for note in plan.notes)


def test_movies_that_cannot_be_used_are_said_aloud_too(look):
    plan = look(ratings([4, 5]), "movie_id,title\nm0,Heat\nm1,Alien\n,Nameless\n")
    assert any("33.3% of the 3 rows of 1.csv cannot be used: 1 empty_id." in note for note in plan.notes)


def test_several_files_of_ratings_are_one_table(look, tmp_path):
    plan = look(ratings([4, 5]), ratings([3]).replace("u,", "v,"))
    assert plan.settings["MATINEE_DATA"] == f"{tmp_path / '0.csv'}:{tmp_path / '1.csv'}"
    assert (plan.found.n_users, plan.found.n_ratings) == (2, 3)


def test_what_another_data_set_left_in_the_file_of_settings_is_unset(look):
    before = {"MATINEE_MOVIES": "old.csv", "MATINEE_POSITIVE_RATING": "7", "MATINEE_UI_PORT": "1"}
    plan = look(ratings([4, 5]), written=before)
    assert plan.settings["MATINEE_MOVIES"] == ""
    assert plan.settings["MATINEE_POSITIVE_RATING"] == "4"
    assert "MATINEE_UI_PORT" not in plan.settings


def test_a_variable_of_the_environment_that_would_win_is_told(look, monkeypatch):
    monkeypatch.setenv("MATINEE_DATA", "ml-1m")
    assert any(note.startswith("MATINEE_DATA is set in the environment") for note in look(ratings([4, 5])).notes)


def test_what_cannot_be_meant_is_refused_with_what_to_do(look, tmp_path):
    with pytest.raises(UsageError, match=r"There is no file .*nowhere.csv"):
        plan_import([tmp_path / "nowhere.csv"], None, {}, Settings(_env_file=None), {})
    with pytest.raises(UsageError, match="No file has a column 'Whoo' that is user_id"):
        look(ratings([4]), columns={"user_id": "Whoo"})
    with pytest.raises(UsageError, match="Several of the files have movies"):
        look(ratings([4]), "movie_id,title\na,A\n", "movie_id,title\nb,B\n")
    with pytest.raises(BadData, match="none is understood as rated_at"):
        look("user_id,movie_id,rating\nu,m,4\n")
