"""What tests of the registry share."""

import itertools

import pytest

from matinee.lifecycle import registry

NUMBERS = itertools.count(1)


@pytest.fixture
def own_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """An experiment and a registered model of this test's own on the one MLflow server."""
    monkeypatch.setattr(registry, "NAME", f"movie-recommender-{next(NUMBERS)}")
