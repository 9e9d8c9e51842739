"""Everything that the doctor looks at, in the order in which it matters; nothing is changed."""

from collections.abc import Mapping

from matinee.local.doctor import machine, models, pipeline
from matinee.local.doctor.finding import Check, Finding, finding_of, finding_of_service
from matinee.settings import Settings

CHECKS: Mapping[str, Check] = {
    "Python": machine.check_python,
    "installation": machine.check_installation,
    "disk": machine.check_disk,
    "locks": machine.check_locks,
    "ports": machine.check_ports,
    "ratings": pipeline.check_ratings,
    "chunks": pipeline.check_chunks,
    "days": pipeline.check_days,
    "quarantine": pipeline.check_quarantine,
}
"""What can be looked at whether matinee runs or not."""

CHECKS_OF_SERVICES: Mapping[str, tuple[Check, frozenset[str]]] = {
    "DAGs": (pipeline.check_dags, frozenset({"Airflow"})),
    "registry": (models.check_registry, frozenset({"MLflow"})),
    "served model": (models.check_served, frozenset({"API server", "MLflow"})),
    "parts of the API server": (models.check_parts_of_api, frozenset({"API server"})),
    "background tasks": (models.check_background_tasks, frozenset({"API server"})),
}
"""What is asked of services, each when those answer that it needs: one fault is told once."""


def examine(settings: Settings) -> list[Finding]:
    """Look at the installation, the home, the ratings, every process, and what they do."""
    services = {
        "MLflow": ("mlflow", f"{settings.mlflow}/health"),
        "Airflow": ("airflow-api-server", f"{settings.airflow}/api/v2/monitor/health"),
        "API server": ("api", f"{settings.api}/health/ready"),
        "page": ("ui", f"{settings.ui}/_stcore/health"),
    }
    found = [finding_of(what, check, settings) for what, check in CHECKS.items()]
    answering = [finding_of_service(what, process, url) for what, (process, url) in services.items()]
    well = {each.what for each in answering if each.ok}
    asked = [finding_of(what, check, settings) for what, (check, of) in CHECKS_OF_SERVICES.items() if of <= well]
    return [*found, *answering, *asked]
