"""The worked example of `docs/models.md` does what the document says."""

import re
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from matinee import artifact
from matinee.models.interactions import Interactions
from matinee.models.recommender import ENTRY_POINTS, fit, recommender
from matinee.ranking import recommend

DOCUMENT = Path(__file__).parents[3] / "docs" / "models.md"


def block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with the example, as an installer would lay it out."""
    (tmp_path / "my_models.py").write_text(block("python"))
    metadata = tmp_path / "my_models-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-models\nVersion: 1.0\n")
    ((name, target),) = tomllib.loads(block("toml"))["project"]["entry-points"][ENTRY_POINTS].items()
    (metadata / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\n{name} = {target}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "my_models", raising=False)


@pytest.mark.usefixtures("_installed")
def test_the_example_is_found_fitted_written_and_served(interactions: Interactions, tmp_path: Path) -> None:
    example = recommender("lift", {"shrinkage": 5.0})
    fitted = fit(example, interactions)
    no_movies = pl.DataFrame(schema={"movie_id": str, "title": str, "year": pl.Int32, "genres": pl.List(str)})
    artifact.write(tmp_path / "matinee", fitted.contents("lift", interactions, 1), no_movies)
    somebody = int(np.flatnonzero(interactions.user_items().sum(axis=1))[0])
    ranking = recommend(artifact.load(tmp_path / "matinee").model, somebody)
    assert ranking.policy == "learned"
    assert np.isfinite(ranking.scores).all()


def test_every_model_is_in_the_table_of_the_document() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    assert {entry.name for entry in entry_points(group=ENTRY_POINTS)} <= named
