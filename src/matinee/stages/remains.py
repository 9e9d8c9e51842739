"""Where an erased user's traces still are, and on which day retention ends each."""

from datetime import UTC, datetime, timedelta
from typing import Any

from matinee import clock
from matinee.lifecycle.registry import ModelVersion
from matinee.lifecycle.retention import ends_at, newest_for
from matinee.stages.prune.aside import homes_put_aside
from matinee.stages.prune.comparisons import PAIR_DAYS
from matinee.stages.prune.impressions import FOLDER, days_in, shown_in
from matinee.stages.stores import Stores
from matinee.storage import Storage, home_storage

Place = dict[str, Any]
"""`place`, `until` (a date, or None where retention ends nothing) and a `note`."""


def remains(stores: Stores, user_id: str, version: str | None, now: datetime) -> list[Place]:
    """Every place that may still hold something of the user, besides version `version`, which never knew them."""
    return [
        *_versions(stores, version, now),
        *_runs(stores),
        *_impressions(stores, user_id),
        *_comparisons(stores, user_id, now),
        *_homes_put_aside(stores),
        _place("serving/", None, "copies of the last three versions served; each goes as newer ones are served"),
        _place(
            "ratings/, datasets/ and the database", None, "rows that are covered: never used, shown or learned from"
        ),
        _place("backups", None, "files of `matinee backup` made before now, wherever you keep them: delete them"),
    ]


def _versions(stores: Stores, version: str | None, now: datetime) -> list[Place]:
    events, settings, versions = stores.history.events(), stores.settings, stores.registry.versions_with_files()

    def until(each: ModelVersion) -> datetime:
        newest = newest_for(each, versions, settings.keep_versions, settings.period)
        return ends_at(each, events, settings.keep_days, now, newest)

    return [
        _place(
            f"version {each.version}",
            None if each.is_pinned else until(each),
            "its model, golden.json and per_user.parquet" + (", pinned: matinee unpin" if each.is_pinned else ""),
        )
        for each in versions
        if each.has_artifacts and each.version != version
    ]


def _runs(stores: Stores) -> list[Place]:
    """Runs that never became a version, such as those of challengers; when the files of the last one go."""
    runs = stores.registry.unregistered_runs(clock.now())
    if not runs:
        return []
    ended_at = datetime.fromtimestamp(max(each.ended_at_ms for each in runs) / 1000, UTC)
    note = f"models and per_user.parquet of {len(runs)}, such as challengers; the last of them goes then"
    return [_place("runs without a version", ended_at + timedelta(days=stores.settings.keep_days), note)]


def _comparisons(stores: Stores, user_id: str, now: datetime) -> list[Place]:
    """Evidence of the gate; the earliest day on which all of it may go, if none of its pairs is compared any more."""
    ages = stores.comparisons.days_since(user_id)
    if not ages:
        return []
    until = now + timedelta(days=PAIR_DAYS - min(ages.values()))
    note = f"values of {len(ages)} pairs of models, under a hash of the id; later for a pair that is compared on"
    return [_place("evidence of the gate in the database", until, note)]


def _impressions(stores: Stores, user_id: str) -> list[Place]:
    """The last day on which the user was shown a list."""
    storage = home_storage(stores.settings)
    for day in reversed(days_in(storage)):
        if any(_is_shown_in(storage, name, user_id) for name in storage.list(day)):
            last = datetime.fromisoformat(f"{day.rpartition('/')[2]}T00:00:00+00:00")
            until = last + timedelta(days=stores.settings.impressions_days + 1)
            return [_place(f"{FOLDER}/", until, f"what was shown, until {last:%Y-%m-%d}")]
    return []


def _is_shown_in(storage: Storage, name: str, user_id: str) -> bool:
    """Whether a file says so; one that cannot be read may."""
    shown = shown_in(storage, name)
    return shown is None or not shown.filter(user_id=user_id).is_empty()


def _homes_put_aside(stores: Stores) -> list[Place]:
    note = "a home that a restore has put aside"
    return [_place(str(path), until, note) for path, until in homes_put_aside(stores.settings)]


def _place(place: str, until: datetime | None, note: str) -> Place:
    return {"place": place, "until": None if until is None else f"{until:%Y-%m-%d}", "note": note}
