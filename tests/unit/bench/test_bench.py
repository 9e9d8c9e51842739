"""What the bench measures with: a synthetic model that passes for a real one, and a clear word when wrk is missing."""

import numpy as np
import pytest

from matinee import artifact
from matinee.bench import synthetic, wrk
from matinee.bench.synthetic import Size
from matinee.errors import DependencyUnreachable

SMALL = Size("small", n_users=50, n_movies=200, n_ratings=2_000, factors=8)


def test_a_synthetic_model_is_an_artifact_of_its_size(tmp_path):
    synthetic.write(SMALL, synthetic.interactions(SMALL), tmp_path / "model", seed=1)
    loaded = artifact.load(tmp_path / "model")
    assert (loaded.manifest.n_users, loaded.manifest.n_movies) == (50, 200)
    assert loaded.manifest.n_ratings > 1_000
    assert loaded.model.scorer.item_factors.shape == (200, 8)


def test_histories_are_in_order_of_time_and_name_no_movie_twice(tmp_path):
    synthetic.write(SMALL, synthetic.interactions(SMALL), tmp_path / "model", seed=1)
    model = artifact.load(tmp_path / "model").model
    for user in range(50):
        history = model.history(user)
        assert (np.diff(history.rated_at) >= 0).all()
        assert len(set(history.items.tolist())) == len(history)


def test_few_movies_have_most_of_the_ratings(tmp_path):
    synthetic.write(SMALL, synthetic.interactions(SMALL), tmp_path / "model", seed=1)
    counts = np.sort(np.bincount(artifact.load(tmp_path / "model").model.histories.items, minlength=200))
    assert counts[-40:].sum() > 0.4 * counts.sum()


def test_a_missing_load_generator_is_one_line_that_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DependencyUnreachable, match="apt-get install wrk"):
        wrk.run("http://127.0.0.1:1", wrk.Load(["/"]), 1)
