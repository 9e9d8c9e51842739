"""Golden requests prove that a loaded model answers as it did where it was trained."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from matinee import artifact
from matinee.artifact import golden
from matinee.catalogue import MOVIES
from matinee.errors import BadData
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender


@pytest.fixture(params=["als", "popular", "item_knn"])
def folder(request, tmp_path, ratings):
    interactions = Interactions.from_ratings(ratings, [f"m{movie}" for movie in range(40)], 4.0, datetime.now(UTC))
    fitted = fit(recommender(request.param), interactions)
    artifact.write(tmp_path / "matinee", fitted.contents(request.param, interactions, 1), pl.DataFrame(schema=MOVIES))
    return tmp_path / "matinee"


def requests_of(folder):
    return json.loads((folder / artifact.GOLDEN).read_text())


def rewrite(folder, requests):
    """Change the requests, and the manifest so that their hash is right."""
    (folder / artifact.GOLDEN).write_text(json.dumps(requests))
    manifest = json.loads((folder / artifact.MANIFEST).read_text())
    manifest["files"][artifact.GOLDEN] = artifact.sha256(folder / artifact.GOLDEN)
    (folder / artifact.MANIFEST).write_text(json.dumps(manifest))


def test_a_model_answers_its_own_golden_requests(folder):
    loaded = artifact.load(folder)
    requests = golden.sample(loaded.model)
    assert {request.user_index is None for request in requests} == {True, False}
    golden.check(loaded.model, requests)


def test_a_model_that_scores_otherwise_is_refused(folder):
    requests = requests_of(folder)
    requests[0]["scores"] = [score + 0.1 for score in requests[0]["scores"]]
    rewrite(folder, requests)
    with pytest.raises(BadData, match="golden request 1 of"):
        artifact.load(folder)


def test_a_model_that_lists_other_movies_is_refused(folder):
    requests = requests_of(folder)
    requests[-1]["items"] = [39 - item for item in requests[-1]["items"]]
    rewrite(folder, requests)
    with pytest.raises(BadData, match="answered differently"):
        artifact.load(folder)


@pytest.mark.parametrize("change", [{"user_index": 10_000}, {"history": [[40, 5.0, 0]]}, {"items": "none"}])
def test_requests_that_make_no_sense_are_refused(folder, change):
    requests = requests_of(folder)
    requests[0] |= change
    rewrite(folder, requests)
    with pytest.raises(BadData, match=artifact.GOLDEN):
        artifact.load(folder)


def test_an_artifact_from_before_there_were_golden_requests_still_loads(folder):
    (folder / artifact.GOLDEN).unlink()
    manifest = json.loads((folder / artifact.MANIFEST).read_text())
    del manifest["files"][artifact.GOLDEN]
    (folder / artifact.MANIFEST).write_text(json.dumps(manifest))
    assert artifact.load(folder).manifest.files.keys() == {artifact.ARRAYS, artifact.USERS, artifact.MOVIES}
