"""How an artifact of the default model is kept: in few bytes, and those of before are read as they were."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from matinee import artifact
from matinee.bench.data import Shape, generate
from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted, fit, recommender
from matinee.ranking import recommend

MOVIES = pl.DataFrame(
    schema={"movie_id": pl.String, "title": pl.String, "year": pl.Int32, "genres": pl.List(pl.String)}
)


@pytest.fixture(scope="module")
def interactions() -> Interactions:
    ratings = generate(Shape(150, 300, 6_000)).with_columns(pl.col("user_id", "movie_id").cast(pl.String))
    return Interactions.from_ratings(ratings, [], 4.0, datetime(2015, 4, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def fitted(interactions: Interactions) -> Fitted:
    return fit(recommender("blend"), interactions)


def written(folder: Path, fitted: Fitted, interactions: Interactions) -> artifact.Artifact:
    artifact.write(folder, fitted.contents("blend", interactions, 1), MOVIES)
    return artifact.load(folder)


def lists(loaded: artifact.Artifact) -> np.ndarray:
    return np.stack([recommend(loaded.model, user).items for user in range(100)])


def test_a_weight_takes_at_most_a_byte(tmp_path, fitted, interactions):
    written(tmp_path / "matinee", fitted, interactions)
    n_weights = sum(array.size for name, array in fitted.arrays.items() if name.endswith("weights"))
    assert (tmp_path / "matinee" / artifact.ARRAYS).stat().st_size < n_weights + 12 * len(interactions.histories.items)


def test_an_artifact_of_format_version_2_is_read_and_its_lists_are_those_of_today(
    tmp_path, fitted, interactions, monkeypatch
):
    now = written(tmp_path / "now", fitted, interactions)
    module = sys.modules[artifact.write.__module__]  # which the function of its name hides
    monkeypatch.setattr(module, "quantized", dict)
    monkeypatch.setattr(module, "FORMAT_VERSION", 2)
    before = written(tmp_path / "before", fitted, interactions)
    assert (before.manifest.format_version, now.manifest.format_version) == (2, 4)
    assert_array_equal(before.model.arrays["0.item_item.weights"], fitted.arrays["0.item_item.weights"])
    assert (lists(before) == lists(now)).mean() > 0.9
