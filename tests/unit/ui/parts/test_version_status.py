"""The status of a version, in one word."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from matinee.clients.schemas.versions import TimeServed, Version
from matinee.ui.parts.version_status import STYLES, VersionStatus, version_status

THEN = datetime(2020, 1, 1, tzinfo=UTC)
SERVED = (TimeServed(since=THEN, until=None),)


@pytest.mark.parametrize(
    ("verdict", "stage", "served", "is_rolled_back", "expected"),
    [
        ("promote", "production", SERVED, False, "promoted"),
        ("promote", "archived", SERVED, False, "promoted"),
        ("promote", "archived", (), False, "promoted"),
        ("reject", "rejected", (), False, "rejected"),
        ("reject", "production", (), False, "by_hand"),
        ("reject", "archived", SERVED, False, "by_hand"),
        ("promote", "archived", SERVED, True, "rolled_back"),
        ("", "", (), False, "undecided"),
    ],
)
def test_the_last_word_on_a_version_counts(verdict, stage, served, is_rolled_back, expected):
    version = Version(
        version="1",
        run_id="r",
        stage=stage,
        chunk_id=1,
        data_through=None,
        created_at=THEN,
        verdict=verdict,
        reason="",
        metrics={},
        is_rolled_back=is_rolled_back,
        served=served,
        is_on_disk=True,
    )
    assert version_status(version) == expected


def test_every_status_has_a_shape_and_a_colour_of_its_own():
    assert STYLES.keys() == set(get_args(VersionStatus))
    styles = STYLES.values()
    assert len({style.shape for style in styles}) == len({style.colour for style in styles}) == len(STYLES)
