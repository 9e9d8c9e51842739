"""Fixtures of small sources of ratings, made by the tests."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matinee.settings import Settings

START = datetime(2020, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def write_ratings(tmp_path: Path) -> Callable[[Iterable[float]], Path]:
    """Writes a CSV file with one rating at each of the given days after the start; returns its path."""

    def write(days: Iterable[float]) -> Path:
        path = tmp_path / "own.csv"
        lines = [f"u{i % 3},m{i},{1 + i % 5},{(START + timedelta(days=day)).isoformat()}" for i, day in enumerate(days)]
        path.write_text("\n".join(["user_id,movie_id,rating,rated_at", *lines, ""]))
        return path

    return write


@pytest.fixture
def own_settings(
    tmp_path: Path, make_settings: Callable[..., Settings], write_ratings: Callable[[Iterable[float]], Path]
) -> Settings:
    """Six days with a rating each, but none on days 4 and 5; the first two are the bootstrap history."""
    return make_settings(home=tmp_path / "home", data=str(write_ratings([0, 1, 2, 3, 6, 7])), bootstrap="2d")
