"""compose.yaml passes every setting, or somebody has said why not."""

from pathlib import Path

import pytest
import yaml

from matinee.settings import Settings

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "compose.yaml").read_text())
USES_SETTINGS = ("init", "databases", "api", "airflow-scheduler", "airflow-apiserver", "first-model", "ui")

EXEMPT = {
    "home": "the images have it at /matinee, where the folder that it names is mounted",
    "host": "the images listen on every address of their own network",
    "api_port": "published: the port outside; inside it is 8000",
    "mlflow_port": "published: the port outside; inside it is 5000",
    "airflow_port": "published: the port outside; inside it is 8080",
    "ui_port": "published: the port outside; inside it is 8501",
    "postgres_port": "not published",
    "mlflow_public_url": "made of the published port, for the page",
    "airflow_public_url": "made of the published port, for the page",
    "tasks": "tasks run in the scheduler's container",
    "task_image": "tasks run in the scheduler's container",
}
"""Settings that a container does not get from outside, and why."""


@pytest.mark.parametrize("service", USES_SETTINGS)
def test_a_service_gets_every_setting_or_it_is_said_why_not(service):
    passed = COMPOSE["services"][service]["environment"]
    wanted = {f"MATINEE_{name.upper()}" for name in Settings.model_fields.keys() - EXEMPT.keys()}
    assert sorted(wanted - passed.keys()) == []


def test_nothing_is_passed_that_is_not_a_setting_and_nothing_is_exempt_in_vain():
    passed = {name for name in COMPOSE["x-settings"] if name.startswith("MATINEE_")}
    assert passed <= {f"MATINEE_{name.upper()}" for name in Settings.model_fields}
    assert Settings.model_fields.keys() >= EXEMPT.keys()
    assert not passed & {f"MATINEE_{name.upper()}" for name in EXEMPT}
