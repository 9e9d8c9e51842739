"""The server of today in a home that matinee 0.1 left."""

from pathlib import Path

import pytest
from tests.contract.api.conftest import serving
from tests.fixtures.make_old_home import unpack

from matinee.serving.app import create_app
from matinee.settings import Settings

OLD_HOME = Path(__file__).parents[2] / "fixtures" / "home-0.1.tar.xz"


def test_every_list_is_the_one_that_the_old_server_gave(tmp_path, unused_port):
    expected = unpack(OLD_HOME, tmp_path / "old")
    settings = Settings(home=tmp_path / "old" / ".matinee", mlflow_port=unused_port, _env_file=None)
    with serving(create_app(settings)) as api:
        for user_id, old in expected["lists"].items():
            new = api.get(f"/v1/users/{user_id}/recommendations").json()
            assert (new["policy"], new["model_version"]) == (old["policy"], old["model_version"])
            assert [item["movie_id"] for item in new["items"]] == [item["movie_id"] for item in old["items"]]
            assert [item["score"] for item in new["items"]] == pytest.approx(
                [item["score"] for item in old["items"]], rel=1e-3
            )
            reasons = ([item.get("reason", {}).get("movie_id") for item in each["items"]] for each in (new, old))
            assert len({tuple(each) for each in reasons}) == 1


def test_the_index_of_a_large_catalogue_is_removed_from_the_model_store(tmp_path, unused_port):
    unpack(OLD_HOME, tmp_path / "old")
    settings = Settings(home=tmp_path / "old" / ".matinee", mlflow_port=unused_port, _env_file=None)
    left = [settings.home / "serving" / "5" / name for name in ("index.usearch", "index.json")]
    for path in left:
        path.write_text("{}")
    with serving(create_app(settings)) as api:
        assert api.get("/v1/model").json()["version"] == "5"
    assert not any(path.exists() for path in left)
