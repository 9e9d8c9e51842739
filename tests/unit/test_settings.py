"""Where settings come from."""

import pytest

from matinee.environment import load_settings
from matinee.errors import UsageError
from matinee.settings import Settings


def test_an_empty_variable_counts_as_not_set(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.setenv(f"MATINEE_{name.upper()}", "")
    assert load_settings() == Settings(_env_file=None)


def test_an_empty_line_of_env_counts_as_not_set(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("MATINEE_MOVIES=\nMATINEE_API_PORT=\nMATINEE_UI_PORT=1234\n")
    settings = load_settings()
    assert (settings.movies, settings.api_port, settings.ui_port) == (None, 8000, 1234)


@pytest.mark.parametrize("value", ["many", "0"])
def test_a_wrong_value_is_still_refused(monkeypatch, tmp_path, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATINEE_API_PORT", value)
    with pytest.raises(Exception, match="MATINEE_API_PORT"):
        load_settings()


@pytest.mark.parametrize(
    "value",
    [
        "images/{movie_id}.jpg",
        "https://h/a.jpg",
        "https://h/{imdb_id}.jpg",
        "https://h/{movie_id",
        "javascript:{movie_id}",
    ],
)
def test_where_images_are_is_an_address_with_the_id_of_the_movie(monkeypatch, tmp_path, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATINEE_POSTER_URL", "https://h/{movie_id}.jpg")
    assert load_settings().poster_url == "https://h/{movie_id}.jpg"
    monkeypatch.setenv("MATINEE_POSTER_URL", value)
    with pytest.raises(UsageError, match="MATINEE_POSTER_URL"):
        load_settings()


@pytest.mark.parametrize(
    "value",
    [
        "local",
        "local[*]",
        "local[2]",
        "yarn",
        "spark://a:7077",
        "spark://a:7077,b:7077",
        "k8s://https://kubernetes:443",
    ],
)
def test_a_spark_master_is_what_spark_calls_one(monkeypatch, tmp_path, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATINEE_SPARK_MASTER", value)
    assert load_settings().spark_master == value


@pytest.mark.parametrize(
    "value", ["spark", "spark://a", "http://a:7077", "local[0]", "k8s://kubernetes", "mesos://a:1"]
)
def test_what_is_no_spark_master_is_refused(monkeypatch, tmp_path, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATINEE_SPARK_MASTER", value)
    with pytest.raises(UsageError, match="MATINEE_SPARK_MASTER"):
        load_settings()
