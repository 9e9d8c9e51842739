"""Airflow's server, which makes whoever reaches it an admin, answers only for hosts that it is known by."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from matinee.environment import load_settings
from matinee.hosts import KnownHosts

NAME = "matinee_known_hosts"
HEALTH = ("/api/v2/monitor/health", "/execution/health")
MIDDLEWARES: list[Any] = [
    {
        "name": NAME,
        "middleware": KnownHosts,
        "args": [],
        "kwargs": {"hosts": load_settings().hosts, "exempt": HEALTH},
    }
]


class KnownHostsPlugin(AirflowPlugin):
    """Wraps every route of the API server: the page, the REST API, `/auth/token`, and what tasks talk to."""

    name = NAME
    fastapi_root_middlewares = MIDDLEWARES
