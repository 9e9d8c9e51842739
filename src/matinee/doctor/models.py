"""Whether the registry is whole, and what it has in production is what people get."""

import asyncio
import re

import httpx

from matinee.clients.api import Client
from matinee.clients.mlflow_rest import MlflowReader
from matinee.clients.tls import authorities
from matinee.errors import DependencyUnreachable, MatineeError, NotFound
from matinee.lifecycle.history import History, restoration
from matinee.settings import Settings

ALL = 1_000
"""Versions that are looked at."""


def check_registry(settings: Settings) -> str:
    """Whether a version is in production, with its files."""
    return asyncio.run(_registry(settings))


async def _registry(settings: Settings) -> str:
    reader = MlflowReader(settings.mlflow)
    try:
        versions = await reader.versions(ALL)
        if not versions:
            return "no version is registered yet"
        try:
            production = await reader.in_production()
        except NotFound as error:
            raise MatineeError(
                f"{len(versions)} versions are registered, and none is in production.",
                f"Choose one (matinee versions): matinee promote {versions[0].version} --reason WHY.",
            ) from error
        if not await reader.has_artifact(production):
            raise MatineeError(
                f"The files of version {production.version}, which is in production, are gone from MLflow.",
                "Go back to another one: matinee rollback. Or restore a backup.",
            )
        return f"{len(versions)} versions, version {production.version} in production{_restored(settings)}"
    finally:
        await reader.aclose()


def _restored(settings: Settings) -> str:
    event = restoration(History(settings).events())
    return "" if event is None else f" since {event.at:%Y-%m-%d %H:%M} ({event.reason.rstrip('.')})"


def check_served(settings: Settings) -> str:
    """Whether people get what is in production."""
    with Client(settings.api) as client:
        served, production = client.model().version, client.versions(1).production
    if production is not None and served != production:
        now = f"version {served}" if served else "no version"
        raise MatineeError(
            f"The API server serves {now}, and version {production} is in production.",
            "Run: matinee deploy. If that does not help, see: matinee logs api.",
        )
    return f"version {served}, as in production" if served else "the fallback; there is no model yet"


def check_parts_of_api(settings: Settings) -> str:
    """Whether every part of the API server works; answers go on without some."""
    with Client(settings.api) as client:
        problems = client.readiness().problems
    if problems:
        told = "; ".join(f"{part}: {problem.rstrip('.')}" for part, problem in sorted(problems.items()))
        raise MatineeError(f"The API server answers, but not all of it works ({told}).", "See: matinee logs api.")
    return "every part works"


def check_background_tasks(settings: Settings) -> str:
    """Whether a task has died that the API server does beside answering."""
    try:
        answer = httpx.get(
            f"{settings.api}/metrics", timeout=5, verify=authorities(), trust_env=False
        ).raise_for_status()
    except httpx.HTTPError as error:
        raise DependencyUnreachable(f"The API server tells no metrics ({error}).", "See: matinee logs api.") from error
    found = re.findall(r'^matinee_background_task_failures_total\{task="([^"]+)"\} (\S+)', answer.text, re.MULTILINE)
    died = [f"{task} ({float(count):.0f})" for task, count in found if float(count) > 0]
    if died:
        raise MatineeError(
            f"Tasks of the API server died since its start and were started again: {', '.join(died)}.",
            "See why: matinee logs api.",
        )
    return "none has died since the API server started"
