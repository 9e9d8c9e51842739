"""What is tested here is tested on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest

from matinee.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, make_settings: Callable[..., Settings]) -> Settings:
    """Defaults, in a home of this test's own."""
    return make_settings(home=tmp_path / "home")
