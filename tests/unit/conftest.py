"""What tests of several rooms share."""

import pytest

from matinee.bench.ports import free_port
from matinee.settings import Settings

PORTS = ("api_port", "mlflow_port", "airflow_port", "ui_port", "postgres_port")


@pytest.fixture
def own(settings, ratings, tmp_path) -> Settings:
    """What every test of the doctor looks at: small ratings, and ports of nobody."""
    ratings.write_csv(tmp_path / "ratings.csv")
    values = {"data": str(tmp_path / "ratings.csv"), **{name: free_port() for name in PORTS}}
    return settings.model_copy(update=values)
