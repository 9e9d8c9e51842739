"""Artifacts of old versions, and of runs that never became one."""

from datetime import datetime, timedelta
from functools import partial

from matinee.lifecycle.registry import ModelVersion
from matinee.lifecycle.retention import kept_versions
from matinee.stages.prune.removal import Removal
from matinee.stages.stores import Stores


def prune_versions(stores: Stores, now: datetime, *, dry_run: bool) -> Removal:
    """Remove the artifacts of every version that nothing keeps (`retention.kept_versions`)."""
    removed, size_bytes = [], 0
    for version in _outlived(stores, now):
        size_bytes += stores.registry.size_bytes(version.run_id)
        if dry_run or stores.registry.remove_artifacts(version, partial(_is_needed, stores, version)):
            removed.append(version.version)
    detail = f"versions {', '.join(removed)}" if removed else ""
    return Removal("artifacts of versions", len(removed), size_bytes, detail)


def prune_runs(stores: Stores, now: datetime, *, dry_run: bool) -> Removal:
    """Remove the artifacts of runs that ended long ago without a version."""
    before = now - timedelta(days=stores.settings.keep_days)
    runs = stores.registry.unregistered_runs(before)
    size_bytes = sum(stores.registry.size_bytes(each.run_id) for each in runs)
    if not dry_run:
        for each in runs:
            stores.registry.remove_run_artifacts(each.run_id)
    return Removal("artifacts of runs without a version", len(runs), size_bytes)


def _outlived(stores: Stores, now: datetime) -> list[ModelVersion]:
    """Versions that nothing keeps, oldest first; those that a dead process began to remove among them."""
    registry, settings = stores.registry, stores.settings
    current, events = registry.production(), stores.history.events()
    kept_by = partial(
        kept_versions,
        events=events,
        production=current.version if current else None,
        newest=settings.keep_versions,
        served_since=now - timedelta(days=settings.keep_days),
    )
    versions = registry.versions_with_files()
    kept = kept_by(versions)
    runs = {each.run_id for each in versions if each.version not in kept}
    outlived = registry.versions_of(runs)  # people may register one run several times
    kept |= kept_by([*versions, *outlived])
    shared = {each.run_id for each in outlived if each.version in kept}
    gone = [each for each in outlived if each.run_id not in shared and not each.is_gone]
    return sorted(gone, key=lambda each: int(each.version))


def _is_needed(stores: Stores, version: ModelVersion) -> bool:
    """Whether production is at a version, or somebody is moving it there."""
    current, begun = stores.registry.production(), stores.history.unfinished()
    return version.version in (current.version if current else None, begun.version if begun else None)
