"""What the bench measures with: a synthetic model that passes for a real one, and a clear word when wrk is missing."""

import numpy as np
import pytest

from matinee import artifact
from matinee.bench import loads, served_models, synthetic, wrk
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


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2, 60, 943 * 60, 20_000 * 60])
def test_a_walk_over_requests_comes_to_each_of_them_once(n):
    places = np.arange(n, dtype=np.int64) * wrk._stride(n) % n
    assert len(np.unique(places)) == n


def test_first_answers_are_of_different_requests_with_and_without_reasons():
    size = synthetic.SIZES["ml-100k"]
    first, plain = (loads.first_answers(size, reasons=reasons) for reasons in (True, False))
    assert len({*first.paths, *plain.paths}) == len(first.paths) + len(plain.paths)
    assert sum("genre=" in path for path in first.paths) == len(first.paths) / 3


def test_every_second_user_who_asks_has_newer_ratings():
    users = {int(rating["user_id"]) for rating in loads.news(SMALL)}
    assert users == set(range(2, 51, 2))


def test_the_served_models_are_of_every_kind_and_there_are_two_of_each(tmp_path):
    served_models.make(SMALL, list(served_models.KINDS), tmp_path)
    for kind in served_models.KINDS:
        for number in "01":
            assert artifact.load(tmp_path / kind / number).manifest.kind == kind


def test_models_that_are_there_are_not_fitted_again(tmp_path, monkeypatch):
    served_models.make(SMALL, ["popularity"], tmp_path)
    monkeypatch.setattr(served_models, "fit", None)
    served_models.make(SMALL, ["popularity"], tmp_path)
