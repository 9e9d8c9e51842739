"""What people changed in the catalogue by hand."""

import sqlalchemy as sa
from alembic import op

from matinee.ratings.instants import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "movie_changes",
        sa.Column("id", serial, primary_key=True),
        sa.Column("movie_id", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("genres", sa.JSON, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Remove the table: the catalogue is that of the data set again."""
    op.drop_table("movie_changes")
