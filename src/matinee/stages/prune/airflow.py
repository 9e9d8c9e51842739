"""Airflow's own records and the logs of its tasks."""

import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from matinee.errors import DependencyUnreachable
from matinee.settings import Settings
from matinee.stages.prune.removal import Removal

TIMEOUT_S = 900


def prune_airflow(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Have Airflow remove its records of long ago, by its own command; the last run of each DAG stays.

    Raises:
        DependencyUnreachable: Airflow's database does not answer, or its command failed.
    """
    what = "records of Airflow"
    program = shutil.which("airflow", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    is_here = settings.airflow_database_url is not None or (settings.home / "postgres").is_dir()
    if program is None or not is_here:
        return Removal(what, detail="Airflow's database is not here")
    before = now - timedelta(days=settings.airflow_days)
    command = [program, "db", "clean", "--clean-before-timestamp", before.isoformat(), "--skip-archive", "--yes"]
    done = subprocess.run(
        [*command, *(["--dry-run"] if dry_run else ["--error-on-cleanup-failure"])],
        env=_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise DependencyUnreachable(f"Airflow could not clean its database: {last}", "See: matinee status.")
    return Removal(what, detail=f"from before {before:%Y-%m-%d}")


def prune_logs(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Remove the logs of tasks that ended long ago; those of processes are rotated as they are written."""
    folder, before_s = settings.home / "logs" / "airflow", (now - timedelta(days=settings.airflow_days)).timestamp()
    old = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mtime < before_s]
    size_bytes = sum(path.stat().st_size for path in old)
    if not dry_run:
        for path in old:
            path.unlink(missing_ok=True)
        for path in sorted(folder.rglob("*"), reverse=True):  # the innermost first
            if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
                path.rmdir()
    return Removal("logs of tasks", len(old), size_bytes)


def _environment(settings: Settings) -> dict[str, str]:
    """Airflow's own configuration of this home; a task runs with one that keeps it from the database."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "_AIRFLOW"))}
    own = {"AIRFLOW_HOME": str(settings.home / "airflow")}
    if settings.airflow_database_url is not None:
        own["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = settings.airflow_database_url.get_secret_value()
    return inherited | own
