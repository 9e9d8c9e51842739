"""The home in which all happens: small data of many days, on free ports, with the database that is asked for."""

import os
from pathlib import Path

import psycopg
from psycopg import sql

from matinee.bench.ports import free_port
from matinee.credentials import secret
from matinee.settings import Settings
from running import System
from support import two_tastes

N_DAYS = 600
BOOTSTRAP = "20d"
DATABASE = "matinee"


def new_system(folder: Path, database: str) -> System:
    """A matinee that does not run yet."""
    ratings = folder / "ratings.csv"
    two_tastes(n_days=N_DAYS, n_movies=400).write_csv(ratings)
    ports = {f"{name}_port": free_port() for name in ("api", "mlflow", "airflow", "ui", "postgres")}
    values: dict[str, object] = {"home": folder / "home", "data": str(ratings), "bootstrap": BOOTSTRAP, **ports}
    # Every day is to be promoted, and nobody is told to write less.
    values |= {"gate": "off", "watch": "off", "api_writes_per_minute": 0, "api_workers": 2}
    if database == "postgresql":
        (folder / "home").mkdir()
        password = secret(folder / "home", "postgres_password")
        values["database_url"] = f"postgresql://airflow:{password}@127.0.0.1:{ports['postgres_port']}/{DATABASE}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    environment = clean | {f"MATINEE_{name.upper()}": str(value) for name, value in values.items()}
    return System(environment, Settings(_env_file=None, **values))


def create_database(settings: Settings) -> None:
    """Make the database of ratings in the server that Airflow's is in too; an error while that does not answer."""
    password = secret(settings.home, "postgres_password")
    url = f"postgresql://airflow:{password}@127.0.0.1:{settings.postgres_port}/postgres"
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
