"""Alembic migrations of the database, applied by `matinee.ratings.database.engine`.

A new one is a module in `versions/` that names its predecessor in `down_revision`, and whose name begins with its
number. A test compares the migrated tables with the models.
"""

from pathlib import Path

import sqlalchemy as sa

from matinee.errors import BadData

MIGRATIONS = Path(__file__).parent


def is_done(database: sa.Engine) -> bool:
    """Whether the tables are those of this version; importing Alembic for that would cost every command its share."""
    if not sa.inspect(database).has_table("alembic_version"):
        return False
    with database.connect() as connection:
        found = connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
    return found == [newest()]


def newest() -> str:
    """Number of the newest migration."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("r*.py"))[1:5]


def upgrade(connection: sa.Connection) -> None:
    """Bring the tables to this version, within the transaction of the connection.

    Raises:
        BadData: a newer matinee has made them.
    """
    from alembic import command  # noqa: PLC0415  imported where tables are made, and not by each command
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise BadData(f"The database is of another version: {error}.", "Update matinee.") from error
