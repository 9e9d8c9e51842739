"""Fixtures of both databases that keep what people rate: SQLite, and PostgreSQL as the native mode starts it."""

import itertools
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from pydantic import SecretStr

from matinee.bench.ports import free_port
from matinee.local import postgres
from matinee.local.program import Health
from matinee.ratings.database import engine
from matinee.settings import Settings

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.URL]:
    """A PostgreSQL server as the native mode starts it."""
    with postgres_server(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@contextmanager
def postgres_server(folder: Path) -> Iterator[sa.URL]:
    """The server of `postgres_url`, with its files in a folder."""
    settings = Settings(home=folder, postgres_port=free_port(), _env_file=None)
    program = postgres.program(settings)
    program.prepare()
    command = [*program.command, "-c", "fsync=off"]  # no test pulls the plug, and a hundred databases take long to sync
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 30
            while program.probe() is not Health.UP:
                assert server.poll() is None, "PostgreSQL did not start"
                assert time.monotonic() < deadline, "PostgreSQL did not come up"
                time.sleep(0.05)
            yield sa.make_url(postgres.url(settings)).set(drivername="postgresql")
        finally:
            server.send_signal(program.stop_signal)


@pytest.fixture(params=["sqlite", "postgresql"])
def make_settings(request: pytest.FixtureRequest) -> Iterator[Callable[..., Settings]]:
    """Makes settings with an empty database of their own, on SQLite and on PostgreSQL."""
    made: list[Settings] = []

    def make(**values: object) -> Settings:
        if request.param == "postgresql":
            values["database_url"] = new_database(request.getfixturevalue("postgres_url"))
        made.append(Settings(**values, _env_file=None))
        return made[-1]

    yield make
    for settings in made:
        engine(settings).dispose()


@pytest.fixture
def shared_database(postgres_url: sa.URL) -> Iterator[SecretStr]:
    """URL of an empty database on PostgreSQL, for settings of several homes; its connections are closed afterwards."""
    url = new_database(postgres_url)
    yield url
    engine(Settings(database_url=url, _env_file=None)).dispose()


def new_database(server: sa.URL) -> SecretStr:
    """The URL of an empty database that is made on a server."""
    name = f"test_{next(NUMBERS)}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return SecretStr(server.set(database=name).render_as_string(hide_password=False))
