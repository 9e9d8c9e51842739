"""What tests of the registry share."""

import itertools

import pytest

from matinee.lifecycle.registry import Connection

NUMBERS = itertools.count(1)


@pytest.fixture
def own_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """An experiment and a registered model of this test's own on the one MLflow server."""
    monkeypatch.setattr(Connection, "name", f"movie-recommender-{next(NUMBERS)}")
