"""Airflow's configuration: one file, written before each start, that only its owner may read.

A file rather than environment variables, because it holds secrets (which an environment shows to `ps e`), and because
`AIRFLOW_HOME=.matinee/airflow .venv/bin/airflow …` then works by hand.
"""

import base64
import configparser
import hashlib
import os
from pathlib import Path

import matinee
from matinee import credentials
from matinee.errors import INSTALL, UsageError
from matinee.local import postgres
from matinee.settings import Settings


def airflow_home(settings: Settings) -> Path:
    """Folder that `AIRFLOW_HOME` names."""
    return settings.home / "airflow"


def write_config(settings: Settings) -> None:
    """Write `airflow.cfg`; what it does not say is Airflow's default."""
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_dict(_config(settings))
    path = airflow_home(settings) / "airflow.cfg"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        parser.write(file)
    draft.replace(path)


def dags_folder() -> Path:
    """The folder `dags/` beside `src/` in the checkout, or inside the installed package.

    Raises:
        UsageError: there is neither.
    """
    package = Path(matinee.__file__).resolve().parent
    for root in (package.parents[1], package):
        if (root / "dags" / "train_model.py").is_file():
            return root / "dags"
    raise UsageError("The folder `dags/` of matinee was not found.", INSTALL)


def _config(settings: Settings) -> dict[str, dict[str, str]]:
    raw: dict[str, dict[str, str | float | Path]] = {
        "core": {
            "dags_folder": dags_folder(),
            "plugins_folder": dags_folder() / "plugins",
            "executor": "LocalExecutor",
            "parallelism": 4,
            "load_examples": False,
            "dags_are_paused_at_creation": False,
            # Whoever reaches the port is an admin; `up` refuses any address but loopback.
            "simple_auth_manager_all_admins": True,
            "fernet_key": _fernet_key(credentials.secret(settings.home, "airflow_fernet")),
            "execution_api_server_url": f"{settings.airflow}/execution/",
            "min_serialized_dag_update_interval": 5,
            "hostname_callable": "socket.gethostname",  # the default asks the network, which a laptop may not have
        },
        "database": {"sql_alchemy_conn": postgres.url(settings)},
        "api": {
            "host": settings.host,
            "port": settings.airflow_port,
            "base_url": settings.airflow,
            "workers": 1,
            "secret_key": credentials.secret(settings.home, "airflow_session"),
        },
        # One secret for all components: with two, every task fails with "Invalid auth token".
        "api_auth": {"jwt_secret": credentials.secret(settings.home, "airflow_jwt")},
        "scheduler": {
            "scheduler_idle_sleep_time": 0.2,
            "scheduler_heartbeat_sec": 1,
            # A task whose process was killed is retried after half a minute instead of five.
            "task_instance_heartbeat_timeout": 30,
            "task_instance_heartbeat_timeout_detection_interval": 5,
            "orphaned_tasks_check_interval": 30,
        },
        "workers": {
            "min_heartbeat_interval": 1,
            # A task survives a restart of Airflow's server, and a first answer that takes long on a busy machine.
            "execution_api_retries": 12,
            "execution_api_retry_wait_max": 10,
            "execution_api_timeout": 20,
        },
        "dag_processor": {"refresh_interval": 10, "parsing_processes": 1},
        "logging": {
            "base_log_folder": settings.home / "logs" / "airflow",
            "dag_processor_child_process_log_directory": settings.home / "logs" / "airflow" / "dag_processor",
        },
        "usage_data_collection": {"enabled": False},
    }
    return {section: {key: _literal(value) for key, value in keys.items()} for section, keys in raw.items()}


def _literal(value: str | float | Path) -> str:
    return str(value).replace("%", "%%")  # Airflow reads `%` as the start of a reference


def _fernet_key(secret: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode()
