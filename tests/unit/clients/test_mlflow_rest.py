"""What MLflow tells of a version, read over its REST API."""

import pytest

from matinee.clients.mlflow_rest import RegisteredVersion

CREATED_MS = 1_780_000_000_000


def told(**tags: str) -> RegisteredVersion:
    pairs = [{"key": key, "value": value} for key, value in tags.items()]
    return RegisteredVersion.model_validate({"version": "3", "creation_timestamp": CREATED_MS, "tags": pairs})


def test_a_version_is_read_with_its_tags():
    version = told(stage="archived", chunk_id="7", data_through="1998-04-22T00:00:00+00:00", somebody="else")
    assert (version.version, version.tags.stage, version.tags.chunk_id) == ("3", "archived", 7)
    assert version.tags.data_through.year == 1998


@pytest.mark.parametrize("chunk_id", ["the second", "-1.5", ""])
@pytest.mark.parametrize("data_through", ["yesterday", "1998-13-01T00:00:00+00:00"])
def test_a_tag_that_somebody_spoilt_says_nothing_and_the_version_is_still_read(chunk_id, data_through):
    version = told(stage="production", chunk_id=chunk_id, data_through=data_through)
    assert (version.tags.stage, version.tags.chunk_id, version.tags.data_through) == ("production", None, None)
