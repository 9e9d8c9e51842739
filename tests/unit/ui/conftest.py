"""What the tests of the page share: a browser's cookies, and the real server before its first model."""

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy

from fake_api import CATALOGUE, TRAINED, serving
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.serving.app import create_app
from matinee.settings import Settings


@pytest.fixture(autouse=True, scope="session")
def _installed_packages_are_read_once() -> Iterator[None]:
    """Each start of Streamlit's test browser reads the metadata of every installed package, which takes .3 s."""
    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(autouse=True)
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the browser has kept; Streamlit's test browser has no cookies of its own."""
    kept: dict[str, str] = {}
    monkeypatch.setattr(ContextProxy, "cookies", kept)
    return kept


@pytest.fixture(autouse=True)
def _the_main_module_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's test browser puts its script in the place of `__main__`, which spawned processes run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def real_api(tmp_path: Path) -> Iterator[str]:
    """The real server on one chunk of a small data set, before the first model."""
    movies, ratings = tmp_path / "movies.csv", tmp_path / "ratings.csv"
    movies.write_text(
        "movie_id,title,genres\n"
        + "".join(
            f'{movie.movie_id},"{movie.title} ({movie.year})",{"|".join(movie.genres)}\n'
            for movie in CATALOGUE.values()
        )
    )
    ratings.write_text(
        "user_id,movie_id,rating,rated_at\n"
        + "".join(f"{user},{movie},5,{int(TRAINED.timestamp()) + user}\n" for user in range(9) for movie in (2, 3))
    )
    # Nobody listens to port 1: the server has no model, whatever runs on this machine.
    settings = Settings(
        _env_file=None, home=tmp_path / "home", data=str(ratings), movies=movies, bootstrap="1d", mlflow_port=1
    )
    ChunkLedger(settings).close_next("run-1")
    with serving(create_app(settings)) as url:
        yield url
