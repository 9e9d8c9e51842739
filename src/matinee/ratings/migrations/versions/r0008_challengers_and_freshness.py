"""Where each challenger stands, what a day of learning is worth, and of which segment a compared user was."""

import sqlalchemy as sa
from alembic import op

from matinee.ratings.instants import UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables. Of users who were compared before nobody knows the segment."""
    op.add_column("model_comparisons", sa.Column("segment", sa.String, nullable=False, server_default=""))
    op.create_table(
        "challengers",
        sa.Column("pair", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("champion", sa.String, nullable=False),
        sa.Column("submission", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("chunk_id", sa.Integer, sa.ForeignKey("chunks.chunk_id"), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("run_id", sa.String),
        sa.Column("version", sa.String),
        sa.Column("seconds", sa.Double),
        sa.Column("alpha", sa.Double),
        sa.Column("n_users", sa.Integer, nullable=False),
        sa.Column("n_days", sa.Integer, nullable=False),
        sa.Column("difference", sa.Double),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("days_needed", sa.Double),
        sa.Column("segments", sa.JSON, nullable=False),
    )
    op.create_table(
        "freshness",
        sa.Column("chunk_id", sa.Integer, sa.ForeignKey("chunks.chunk_id"), primary_key=True, autoincrement=False),
        sa.Column("days", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("n_users", sa.Integer, nullable=False),
        sa.Column("own", sa.Double, nullable=False),
        sa.Column("other", sa.Double, nullable=False),
        sa.Column("variance", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Remove what was found; the comparisons themselves stay."""
    op.drop_table("freshness")
    op.drop_table("challengers")
    op.drop_column("model_comparisons", "segment")
