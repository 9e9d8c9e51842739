"""What runs natively, and how: the one place that knows every command line."""

import functools
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from matinee.hosts import ANY, without_proxy
from matinee.local import airflow_files, postgres
from matinee.local.program import Program, heartbeat_probe, http_probe, problems_at
from matinee.settings import Settings
from matinee.storage import mlflow_artifacts

FOREIGN = ("AIRFLOW", "MLFLOW_", "PG", "STREAMLIT_", "MATINEE_")
"""Variables that configure another Airflow, MLflow or PostgreSQL of this user never reach ours."""

BEHIND_ANSWERS = 5
"""Niceness of all that is not needed to answer people: after a crash of everything the API server starts first, and a
training takes no time from it."""

HEARTBEAT_MISSED_S = 15.0
"""How long Airflow's report may call a component unhealthy; it says so 30 s after the last heartbeat."""


def programs(settings: Settings) -> list[Program]:
    """All processes of a native matinee, in the order in which they are shown."""
    served = [postgres.program(settings), _mlflow(settings), _api(settings), *_airflow(settings), _ui(settings)]
    return [*served, Program("watchdog", _python("matinee.local.watchdog", str(settings.home)))]


def environment(settings: Settings) -> dict[str, str]:
    """Environment that every program inherits, with each setting spelled out, whatever folder it runs in."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return (
        inherited
        | settings_environment(settings)
        | {
            # Tasks call `matinee`, and Airflow calls `airflow`, by name.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            **without_proxy(settings.hosts, os.environ),
            "PYTHONUNBUFFERED": "1",
            # More threads only fight over the same cores; the solver and the server have their own parallelism.
            "OPENBLAS_NUM_THREADS": "1",
            # glibc gives threads heaps of their own, up to eight a core, and they hardly shrink: MLflow would grow for
            # years, although no request leaves anything behind.
            "MALLOC_ARENA_MAX": "2",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
        }
    )


def settings_environment(settings: Settings) -> dict[str, str]:
    """`MATINEE_*` variables that give a process exactly these settings."""
    values: Mapping[str, object] = settings.model_dump(exclude_none=True)
    return {
        f"MATINEE_{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
    } | {"MATINEE_DATA": _absolute_if_path(settings.data)}


def _absolute_if_path(data: str) -> str:
    path = Path(data).expanduser()
    return str(path.absolute()) if path.exists() else data


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _mlflow(settings: Settings) -> Program:
    folder = settings.home / "mlflow"
    return Program(
        name="mlflow",
        command=_python(
            *("mlflow", "server", "--host", settings.host, "--port", str(settings.mlflow_port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
            *("--serve-artifacts", "--artifacts-destination", mlflow_artifacts(settings)),
            *("--allowed-hosts", _allowed_hosts(settings)),
        ),
        # Without its job runner MLflow is 2 processes and 0.4 GB instead of 10 and 1.7 GB.
        environment={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        prepare=functools.partial(folder.mkdir, parents=True, exist_ok=True),
        probe=http_probe(f"{settings.mlflow}/health"),
        hung_after_s=40.0,
        niceness=BEHIND_ANSWERS,
        port=settings.mlflow_port,
        port_setting="MATINEE_MLFLOW_PORT",
        address=settings.mlflow,
    )


def _allowed_hosts(settings: Settings) -> str:
    """The hosts of the settings as MLflow wants them: patterns of the header `Host`, which may have a port."""
    if ANY in settings.hosts:
        return ANY
    # In a pattern, a bracket begins a choice of characters.
    patterns = ((f"[{each}]", f"[[]{each}]:*") if ":" in each else (each, f"{each}:*") for each in settings.hosts)
    return ",".join(sorted(pattern for pair in patterns for pattern in pair))


def _api(settings: Settings) -> Program:
    return Program(
        name="api",
        command=_python("matinee.serving"),
        probe=http_probe(f"{settings.api}/health/live"),
        hung_after_s=20.0,
        warning=problems_at(f"{settings.api}/health/ready"),
        port=settings.api_port,
        port_setting="MATINEE_API_PORT",
        address=settings.api,
    )


def _ui(settings: Settings) -> Program:
    return Program(
        name="ui",
        command=_python(
            *("streamlit", "run", str(_package_folder("matinee.ui.entry") / "app.py")),
            *("--server.headless", "true", "--server.address", settings.host),
            *("--server.port", str(settings.ui_port), "--server.fileWatcherType", "none"),
            *("--browser.gatherUsageStats", "false"),
        ),
        after=("api",),
        probe=http_probe(f"{settings.ui}/_stcore/health"),
        hung_after_s=20.0,
        port=settings.ui_port,
        port_setting="MATINEE_UI_PORT",
        address=settings.ui,
    )


def _airflow(settings: Settings) -> list[Program]:
    home = {"AIRFLOW_HOME": str(airflow_files.airflow_home(settings))}
    report = f"{settings.airflow}/api/v2/monitor/health"
    return [
        Program(
            name="airflow-migrate",
            command=_python("airflow", "db", "migrate"),
            environment=home,
            after=("postgres",),
            niceness=BEHIND_ANSWERS,
            prepare=functools.partial(airflow_files.write_config, settings),
            once=True,
        ),
        Program(
            name="airflow-api-server",
            command=_python("airflow", "api-server"),
            environment=home,
            after=("postgres", "airflow-migrate"),
            # What tasks talk to. The first request builds it, in seconds that no task has to wait then.
            probe=http_probe(f"{settings.airflow}/execution/health"),
            hung_after_s=40.0,
            niceness=BEHIND_ANSWERS,
            port=settings.airflow_port,
            port_setting="MATINEE_AIRFLOW_PORT",
            address=settings.airflow,
        ),
        Program(
            name="airflow-scheduler",
            command=_python("airflow", "scheduler", "--skip-serve-logs"),
            environment=home,
            # Tasks report to Airflow's own server too: one that starts before it answers is tried again for nothing.
            after=("postgres", "airflow-migrate", "airflow-api-server", "mlflow", "api"),
            probe=heartbeat_probe(report, "scheduler"),
            hung_after_s=HEARTBEAT_MISSED_S,
            niceness=BEHIND_ANSWERS,
        ),
        Program(
            name="airflow-dag-processor",
            command=_python("airflow", "dag-processor"),
            environment=home,
            after=("postgres", "airflow-migrate"),
            probe=heartbeat_probe(report, "dag_processor"),
            hung_after_s=HEARTBEAT_MISSED_S,
            niceness=BEHIND_ANSWERS,
        ),
    ]


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    locations = spec and spec.submodule_search_locations
    if not locations:
        raise ModuleNotFoundError(f"{package} is not installed")
    return Path(locations[0])
