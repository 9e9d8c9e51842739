"""Remove from a home what retention ends: `matinee prune`, which Airflow runs every day."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

import structlog

from matinee import clock
from matinee.errors import MatineeError
from matinee.stages import Result
from matinee.stages.erase import forget_erased, is_to_forget
from matinee.stages.prune.airflow import prune_airflow, prune_logs
from matinee.stages.prune.aside import prune_aside
from matinee.stages.prune.comparisons import prune_comparisons
from matinee.stages.prune.feedback import prune_keys, prune_shown, prune_traces
from matinee.stages.prune.impressions import prune_impressions
from matinee.stages.prune.removal import Removal
from matinee.stages.prune.storage import prune_results, prune_storage
from matinee.stages.prune.versions import prune_runs, prune_versions
from matinee.stages.stores import Stores

log = structlog.get_logger()

Part = Callable[[], Removal]


def prune_home(stores: Stores, *, dry_run: bool, now: datetime | None = None) -> Result:
    """Remove what is too old, part by part; a part that fails keeps no other from its work.

    It may be killed at any moment and called again: whatever is half removed is removed then.
    """
    now, settings = now or clock.now(), stores.settings
    parts: dict[str, Part] = {
        "erased users in production": lambda: _forget(stores, dry_run=dry_run),
        "artifacts of versions": lambda: prune_versions(stores, now, dry_run=dry_run),
        "artifacts of runs without a version": lambda: prune_runs(stores, now, dry_run=dry_run),
        "files of impressions": lambda: prune_impressions(settings, now, dry_run=dry_run),
        "lists that were shown": lambda: prune_shown(settings, now, dry_run=dry_run),
        "idempotency keys": lambda: prune_keys(settings, now, dry_run=dry_run),
        "traces of withdrawals": lambda: prune_traces(settings, now, dry_run=dry_run),
        "values of comparisons": lambda: prune_comparisons(stores, dry_run=dry_run),
        "records of Airflow": lambda: prune_airflow(settings, now, dry_run=dry_run),
        "copies of object storage": lambda: prune_storage(settings, dry_run=dry_run),
        "results of pods": lambda: prune_results(settings, now, dry_run=dry_run),
        "homes put aside": lambda: prune_aside(settings, now, dry_run=dry_run),
        "logs of tasks": lambda: prune_logs(settings, now, dry_run=dry_run),
    }
    removed = [_tried(what, part) for what, part in parts.items()]
    return {"dry_run": dry_run, "removed": [asdict(each) for each in removed]}


def _forget(stores: Stores, *, dry_run: bool) -> Removal:
    """Users whom production still knows because no run since their erasure came as far as a model."""
    current = stores.registry.production()
    if current is None or not is_to_forget(stores, current):
        return Removal("erased users in production")
    version = None if dry_run else forget_erased(stores)
    return Removal("erased users in production", 1, detail=f"version {version} serves" if version else "")


def _tried(what: str, part: Part) -> Removal:
    """What a part removed; whatever breaks it is told, and keeps the others from nothing, night after night."""
    try:
        return part()
    except (MatineeError, OSError) as error:
        log.warning("not_pruned", what=what, reason=str(error))
        return Removal(what, problem=str(error))
    except Exception as error:
        log.exception("not_pruned", what=what)
        return Removal(what, problem=f"{type(error).__name__}: {error}")
