"""What the Jobs of `deploy/` do to the databases, run as they run it: by the variables of their pods alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from databases import new_database

TABLES = {"migrate": "chunks", "migrate-mlflow": "registered_models"}
VARIABLES = {"migrate": "MATINEE_DATABASE_URL", "migrate-mlflow": "MLFLOW_BACKEND_STORE_URI"}


def run(step: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matinee.containers", step],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "MATINEE_HOME": str(folder), **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("step", TABLES)
def test_a_migration_makes_the_tables_and_changes_nothing_when_it_runs_again(step, tmp_path, postgres_url):
    url = sa.make_url(new_database(postgres_url).get_secret_value()).set(drivername="postgresql+psycopg")
    database = sa.create_engine(url)
    found = []
    for _ in range(2):
        done = run(step, tmp_path, **{VARIABLES[step]: url.render_as_string(hide_password=False)})
        assert done.returncode == 0, done.stderr
        with database.connect() as connection:
            found.append(connection.execute(sa.text("SELECT version_num FROM alembic_version")).all())
    assert found[0] == found[1] != []
    assert sa.inspect(database).has_table(TABLES[step])
    database.dispose()


def test_an_older_schema_of_mlflow_is_brought_to_this_version(tmp_path):
    path = tmp_path / "mlflow.db"
    variables = {"MLFLOW_BACKEND_STORE_URI": f"sqlite:///{path}"}
    assert run("migrate-mlflow", tmp_path, **variables).returncode == 0
    database = sa.create_engine(variables["MLFLOW_BACKEND_STORE_URI"])
    with database.begin() as connection:
        newest = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    _downgrade(variables["MLFLOW_BACKEND_STORE_URI"])
    with database.begin() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) != newest
    done = run("migrate-mlflow", tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    with database.begin() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == newest
    database.dispose()


def _downgrade(url: str) -> None:
    """Put the tables back by one version, as MLflow's own migrations do it."""
    code = (
        "import sys; from alembic import command; from mlflow.store.db.utils import _get_alembic_config;"
        "command.downgrade(_get_alembic_config(sys.argv[1]), '-1')"
    )
    subprocess.run([sys.executable, "-c", code, url], check=True, capture_output=True)


def test_a_migration_without_its_database_says_so_in_one_line(tmp_path):
    done = run("migrate-mlflow", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: MLFLOW_BACKEND_STORE_URI is not set.")
    away = run("migrate", tmp_path, MATINEE_DATABASE_URL="postgresql://matinee:secret@127.0.0.1:1/matinee")
    assert away.returncode == 4
    assert "secret" not in away.stderr
