"""Carry a home's history between the native mode's SQLite files and the containers' PostgreSQL.

History is always in one place. An SQLite file in the home is what the native mode wrote last: the containers take it
over, and leave it under another name. `give_back` writes it again for the native mode. Everything else in the home
(data sets, chunks, artifacts, secrets, the served model) is files, which both modes use as they are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from pydantic import SecretStr

from matinee.lifecycle import registry
from matinee.ratings import database
from matinee.settings import Settings

TAKEN = ".in-postgres"
ROWS = 1000
"""How many rows are carried at a time."""


@dataclass(frozen=True)
class Store:
    """A database that both modes have, each in a server or file of its own."""

    file: Path
    url: str
    create_tables: Callable[[str], None]


def stores(settings: Settings) -> tuple[Store, Store]:
    """The ledger's database and MLflow's; PGHOST and PGPASSFILE tell where PostgreSQL is."""

    def create_ledger(url: str) -> None:
        database.engine(settings.model_copy(update={"database_url": SecretStr(url)})).dispose()

    ledger = Store(settings.home / "matinee.db", "postgresql+psycopg://matinee@/matinee", create_ledger)
    mlflow = settings.home / "mlflow" / "mlflow.db"
    tracking = Store(mlflow, "postgresql+psycopg://mlflow@/mlflow", registry.create_tables)
    return ledger, tracking


def take_over(settings: Settings) -> Iterator[str]:
    """Put what the native mode left into PostgreSQL, in place of what is there; yields the name of each file."""
    for store in stores(settings):
        if store.file.exists():
            _carry(store, f"sqlite:///{store.file}", store.url)
            store.file.replace(store.file.with_name(store.file.name + TAKEN))
            yield store.file.name


def give_back(settings: Settings) -> Iterator[str]:
    """Write the native mode's files from PostgreSQL; yields the name of each file."""
    for store in stores(settings):
        draft = store.file.with_name(f"{store.file.name}.draft")
        draft.unlink(missing_ok=True)
        _carry(store, store.url, f"sqlite:///{draft}")
        draft.replace(store.file)
        yield store.file.name


def copy(source: sa.Connection, target: sa.Connection) -> None:
    """Replace all rows of `target` by those of `source`, which has the same tables."""
    there, here = sa.MetaData(), sa.MetaData()
    there.reflect(source)
    here.reflect(target)
    for table in reversed(here.sorted_tables):
        target.execute(table.delete())
    for table in here.sorted_tables:
        for rows in source.execute(sa.select(there.tables[table.name])).mappings().partitions(ROWS):
            target.execute(table.insert(), [dict(row) for row in rows])
        _count_on(target, table)


def _carry(store: Store, source: str, target: str) -> None:
    for url in (source, target):
        store.create_tables(url)
    engines = _engine(source), _engine(target)
    with engines[0].connect() as reading, engines[1].begin() as writing:
        copy(reading, writing)
    for engine in engines:
        engine.dispose()  # the last connection to leave puts SQLite's journal into its file


def _engine(url: str) -> sa.Engine:
    """Instants go from one to the other without a zone, so PostgreSQL reads and writes them in SQLite's, UTC."""
    options = {"options": "-c timezone=utc"} if url.startswith("postgresql") else {}
    return sa.create_engine(url, connect_args=options)


def _count_on(target: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL's own numbering go on after the largest number that was carried."""
    if target.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        sequence = target.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
        largest = target.scalar(sa.select(sa.func.max(column))) if sequence else None
        if largest is not None:
            target.execute(sa.select(sa.func.setval(sequence, largest)))
