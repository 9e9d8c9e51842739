"""What the doctor looks at while matinee runs, in the order in which it matters; nothing is changed."""

from collections.abc import Mapping

from matinee.clients.schemas.findings import Finding
from matinee.doctor import disk, models, pipeline
from matinee.doctor.finding import Check, finding_of, finding_of_service
from matinee.settings import Settings
from matinee.storage import require_storage

CHECKS: Mapping[str, Check] = {
    "disk": disk.check_disk,
    "storage": require_storage,
    "chunks": pipeline.check_chunks,
    "days": pipeline.check_days,
    "quarantine": pipeline.check_quarantine,
}
"""What is in the home and in the ledger."""

CHECKS_OF_SERVICES: Mapping[str, tuple[Check, frozenset[str]]] = {
    "DAGs": (pipeline.check_dags, frozenset({"Airflow"})),
    "registry": (models.check_registry, frozenset({"MLflow"})),
    "served model": (models.check_served, frozenset({"API server", "MLflow"})),
    "parts of the API server": (models.check_parts_of_api, frozenset({"API server"})),
    "background tasks": (models.check_background_tasks, frozenset({"API server"})),
}
"""What is asked of services, each when those answer that it needs: one fault is told once."""


def examine_running(settings: Settings) -> list[Finding]:
    """Look at everything that matters while the API server answers, which asks this."""
    found = [finding_of(what, check, settings) for what, check in CHECKS.items()]
    answering = examine_services(settings)
    well = frozenset(each.what for each in answering if each.ok)
    others = [each for each in answering if each.what in ("MLflow", "Airflow")]
    return [*found, *others, *examine_answers(settings, well)]


def examine_services(settings: Settings) -> list[Finding]:
    """Whether each server answers."""
    services = {
        "MLflow": ("mlflow", f"{settings.mlflow}/health"),
        "Airflow": ("airflow-api-server", f"{settings.airflow}/api/v2/monitor/health"),
        "API server": ("api", f"{settings.api}/health/ready"),
        "page": ("ui", f"{settings.ui}/_stcore/health"),
    }
    return [finding_of_service(what, process, url) for what, (process, url) in services.items()]


def examine_answers(settings: Settings, well: frozenset[str]) -> list[Finding]:
    """What the servers that are `well` say."""
    asked = {what: check for what, (check, of) in CHECKS_OF_SERVICES.items() if of <= well}
    return [finding_of(what, check, settings) for what, check in asked.items()]
