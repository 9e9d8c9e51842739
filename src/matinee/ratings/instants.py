"""Instants in the database."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    import polars as pl

_TEXT = "%Y-%m-%d %H:%M:%S%.f"


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An instant. SQLite, which knows no time zones, gets it in UTC; what is read is always aware and in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To UTC, and on SQLite without the zone."""
        if value is None:
            return None
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002  the signature is SQLAlchemy's
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TextOf(FunctionElement[str]):
    """A column of instants as the text that SQLite has of them, in UTC; `instants` reads thousands of them at once.

    As a `datetime` each would take several times as long.
    """

    type = sa.String()
    inherit_cache = True


@compiles(TextOf, "sqlite")
def _as_it_is(element: TextOf, compiler: SQLCompiler, **more: Any) -> str:  # noqa: ANN401  as SQLAlchemy calls it
    return compiler.process(element.clauses, **more)


@compiles(TextOf, "postgresql")
def _as_in_sqlite(element: TextOf, compiler: SQLCompiler, **more: Any) -> str:  # noqa: ANN401  as above
    return f"to_char({compiler.process(element.clauses, **more)} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"


def instants(column: str) -> "pl.Expr":
    """What a column of `TextOf` says."""
    import polars as pl  # noqa: PLC0415  not everybody who opens the database reads thousands of rows

    return pl.col(column).str.to_datetime(_TEXT, time_unit="us", time_zone="UTC")
