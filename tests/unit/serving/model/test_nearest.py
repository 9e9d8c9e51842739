"""The index over a large catalogue: made once, mapped by all, as exact as a scan in all that it finds."""

import json
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from matinee.artifact import artifact
from matinee.bench import synthetic
from matinee.bench.synthetic import Size
from matinee.ranking import Asked, History, recommend, recommend_many
from matinee.serving.model import nearest

SIZE = Size("large", n_users=300, n_movies=20_000, n_ratings=30_000, factors=32)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with an artifact and its index."""
    folder = tmp_path_factory.mktemp("models") / "1"
    synthetic.write(SIZE, synthetic.interactions(SIZE), folder, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "WORTH_AN_INDEX", 10_000)
        nearest.build(folder, artifact.load(folder).model)
    return folder


@pytest.fixture
def exact(made):
    return artifact.load(made).model


@pytest.fixture
def searching(made, exact):
    return nearest.with_index(exact, made)


@pytest.fixture
def folder(made, tmp_path):
    """A copy that may be damaged."""
    copy = tmp_path / "2"
    copy.mkdir()
    for file in made.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


def test_it_finds_nearly_all_of_the_best_ten_as_it_says(searching, exact):
    users = range(SIZE.n_users)
    hits = [
        np.isin(recommend(exact, user, exclude_seen=False).items, recommend(searching, user, exclude_seen=False).items)
        for user in users
    ]
    print("recall@10", np.mean(hits))
    assert np.mean(hits) >= nearest.ENOUGH_RECALL
    assert searching.scorer.search.recall_at_10 >= nearest.ENOUGH_RECALL


def test_it_is_asked_and_not_all_movies_are_scored(searching, monkeypatch):
    monkeypatch.setattr(type(searching.scorer), "_scan", None)
    assert len(recommend(searching, 0).items) == 10
    assert recommend(searching, None, History(np.array([3], np.int32), np.ones(1, np.float32) * 5, np.zeros(1, int)))


def test_what_it_finds_has_the_scores_and_the_order_of_a_scan(searching, exact):
    for user in range(20):
        found, scanned = recommend(searching, user, k=20), recommend(exact, user, k=SIZE.n_movies)
        score = dict(zip(scanned.items.tolist(), scanned.scores.tolist(), strict=True))
        assert found.policy == scanned.policy == "learned"
        assert [score[row] for row in found.items.tolist()] == found.scores.tolist()
        assert (np.diff(found.scores) <= 0).all()


def test_no_seen_movie_is_listed_and_the_list_is_full(searching):
    for user in range(50):
        ranking = recommend(searching, user, k=30)
        assert not np.isin(ranking.items, searching.histories.of(user).items).any()
        assert len(np.unique(ranking.items)) == 30


def test_a_filter_and_a_long_list_are_scanned_for(searching, exact):
    few = np.arange(SIZE.n_movies) % 997 == 0
    for asked in (Asked(0, candidates=few), Asked(0, k=500)):
        (found,), (expected,) = recommend_many(searching, [asked]), recommend_many(exact, [asked])
        assert_array_equal(found.items, expected.items)


@pytest.mark.parametrize("damage", ["truncated", "of another model", "without a graph", "not JSON"])
def test_a_damaged_index_is_not_used_and_everything_is_scored(folder, exact, damage, capsys):
    about = json.loads((folder / nearest.ABOUT).read_text())
    if damage == "truncated":
        (folder / nearest.GRAPH).write_bytes((folder / nearest.GRAPH).read_bytes()[:-1000])
    elif damage == "without a graph":
        (folder / nearest.GRAPH).unlink()
    else:
        text = json.dumps(about | {"arrays_sha256": "0" * 64}) if damage == "of another model" else "{"
        (folder / nearest.ABOUT).write_text(text)
    model = nearest.with_index(exact, folder)
    assert model.scorer.search is None
    assert "index_not_used" in capsys.readouterr().out
    assert_array_equal(recommend(model, 0).items, recommend(exact, 0).items)


def test_without_the_library_everything_is_scored_and_the_log_says_what_to_install(folder, exact, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    monkeypatch.setattr(nearest, "WORTH_AN_INDEX", 10_000)
    assert nearest.with_index(exact, folder) is exact
    (folder / nearest.ABOUT).unlink()
    nearest.build(folder, exact)
    assert not (folder / nearest.ABOUT).exists()
    assert "matinee[index]" in capsys.readouterr().out


def test_an_index_that_finds_too_little_is_not_made(folder, exact, monkeypatch, capsys):
    (folder / nearest.ABOUT).unlink()
    monkeypatch.setattr(nearest, "WORTH_AN_INDEX", 10_000)
    monkeypatch.setattr(nearest, "ENOUGH_RECALL", 1.01)
    nearest.build(folder, exact)
    assert not (folder / nearest.ABOUT).exists()
    assert "index_not_made" in capsys.readouterr().out


def test_a_catalogue_of_up_to_a_hundred_thousand_movies_has_none(folder, exact):
    (folder / nearest.ABOUT).unlink()
    nearest.build(folder, exact)
    assert not (folder / nearest.ABOUT).exists()
