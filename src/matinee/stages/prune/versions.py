"""Artifacts of old versions, and of runs that never became one."""

from datetime import datetime, timedelta
from functools import partial

import structlog

from matinee.errors import MatineeError
from matinee.lifecycle.registry import ModelVersion
from matinee.lifecycle.retention import kept_versions
from matinee.stages.prune.removal import Removal
from matinee.stages.stores import Stores

log = structlog.get_logger()


def prune_versions(stores: Stores, now: datetime, *, dry_run: bool) -> Removal:
    """Remove the artifacts of every version that nothing keeps (`retention.kept_versions`).

    One that cannot be removed keeps no other.
    """
    removed, size_bytes, problem = [], 0, ""
    for version in _outlived(stores, now):
        try:
            files = stores.registry.run_files(version.run_id)
            if dry_run or stores.registry.remove_artifacts(version, files, partial(_is_needed, stores, version)):
                removed.append(version.version)
                size_bytes += files.size_bytes
        except MatineeError as error:
            log.warning("version_not_pruned", version=version.version, reason=str(error))
            problem = problem or f"version {version.version}: {error}"
    detail = f"versions {', '.join(removed)}" if removed else ""
    return Removal("artifacts of versions", len(removed), size_bytes, detail, problem)


def prune_runs(stores: Stores, now: datetime, *, dry_run: bool) -> Removal:
    """Remove the artifacts of runs that ended long ago without a version."""
    before = now - timedelta(days=stores.settings.keep_days)
    registry = stores.registry
    n, size_bytes, problem = 0, 0, ""
    for each in registry.unregistered_runs(before):
        try:
            files = registry.run_files(each.run_id)
            if not dry_run:
                registry.remove_run_artifacts(files)
            n, size_bytes = n + 1, size_bytes + files.size_bytes
        except MatineeError as error:
            log.warning("run_not_pruned", run_id=each.run_id, reason=str(error))
            problem = problem or f"run {each.run_id}: {error}"
    return Removal("artifacts of runs without a version", n, size_bytes, problem=problem)


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
    """Whether production is at a version of its run, or somebody is moving it there."""
    begun = stores.history.unfinished()  # before production: a move that ends meanwhile is seen in one of them
    current = stores.registry.production()
    if current is not None and current.run_id == version.run_id:
        return True
    if begun is None:
        return False
    return any(each.version == begun.version for each in stores.registry.versions_of([version.run_id]))
