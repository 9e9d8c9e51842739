"""Which versions keep their artifacts."""

from datetime import UTC, datetime, timedelta

from matinee.lifecycle.history import ModelEvent
from matinee.lifecycle.registry import ModelVersion
from matinee.lifecycle.retention import ends_at, kept_versions, newest_for

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def version(number: int, *, is_pinned: bool = False) -> ModelVersion:
    created_at = NOW - timedelta(days=100 - number)
    return ModelVersion(str(number), f"run-{number}", "", number, "", "", "", created_at, is_pinned)


def deployed(number: int, days_ago: int) -> ModelEvent:
    return ModelEvent(0, "deployed", str(number), None, "", "", NOW - timedelta(days=days_ago))


def kept(versions, events, production=None, newest=1, days=30) -> dict[str, str]:
    return kept_versions(versions, events, production, newest, NOW - timedelta(days=days))


def test_the_newest_versions_are_kept_by_number():
    assert kept([version(number) for number in (9, 10, 11, 2)], [], newest=2) == {"11": "newest", "10": "newest"}


def test_what_was_served_within_the_last_days_is_kept_also_when_it_was_deployed_before():
    events = [deployed(1, 90), deployed(2, 60), deployed(3, 10)]
    found = kept([version(number) for number in range(1, 10)], events)
    assert found == {"9": "newest", "2": "served lately", "3": "served lately"}


def test_production_a_pinned_version_and_what_a_rollback_goes_back_to_are_kept_however_old():
    versions = [version(1, is_pinned=True), *(version(number) for number in range(2, 10))]
    events = [deployed(2, 900), deployed(3, 800), deployed(9, 700)]
    found = kept(versions, events, production="3")
    assert found["1"] == "pinned"
    assert found["3"] == "in production"
    assert found["9"] == "what a rollback goes back to"
    assert "2" not in found


def test_the_artifacts_of_a_version_end_some_days_after_it_was_served_last():
    events = [deployed(1, 90), deployed(2, 60)]
    none = timedelta(0)
    assert ends_at(version(1), events, 30, NOW, none) == NOW
    assert ends_at(version(2), events, 30, NOW, none) == NOW + 30 * DAY  # it is served
    assert ends_at(version(90), events, 30, NOW, none) == version(90).created_at + 30 * DAY


def test_the_artifacts_of_the_newest_versions_end_when_enough_newer_ones_have_come():
    versions = [version(number) for number in range(1, 6)]
    weeks = [newest_for(each, versions, 3, 7 * DAY) // (7 * DAY) for each in versions]
    assert weeks == [0, 0, 1, 2, 3]
    assert ends_at(versions[-1], [], 5, NOW, 3 * 7 * DAY) == NOW + 21 * DAY
