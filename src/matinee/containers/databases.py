"""The databases of the containers: one PostgreSQL server, and for each program a role with a database of its own."""

import psycopg
from psycopg import sql

from matinee import credentials
from matinee.errors import DependencyUnreachable
from matinee.settings import Settings

SUPERUSER = "postgres"
ROLES = ("airflow", "mlflow", "matinee")


def create(settings: Settings) -> None:
    """Make the roles and databases that are missing, and give each role the password of this home.

    Raises:
        DependencyUnreachable: PostgreSQL does not answer, or does not know this home's password.
    """
    try:
        # Host and password come from libpq's own variables: PGHOST and PGPASSFILE.
        with psycopg.connect(user=SUPERUSER, dbname=SUPERUSER, connect_timeout=5, autocommit=True) as server:
            for role in ROLES:
                _create(server, role, credentials.secret(settings.home, f"{role}_password"))
    except psycopg.OperationalError as error:
        raise DependencyUnreachable(
            f"PostgreSQL cannot be used: {error}.", "`secrets/` and `postgres-17/` of a home belong together."
        ) from error


def _create(server: psycopg.Connection, role: str, password: str) -> None:
    name = sql.Identifier(role)
    if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
    if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [role]).fetchone():
        server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
