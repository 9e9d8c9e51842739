"""Ratings that people took back."""

import sqlalchemy as sa
from alembic import op

from matinee.ratings.instants import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "withdrawals",
        sa.Column("id", serial, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("movie_id", sa.String),
        sa.Column("last_feedback_id", serial, nullable=False),
        sa.Column("withdrawn_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_withdrawals_user_id", "withdrawals", ["user_id"])


def downgrade() -> None:
    """Remove the table: what people took back counts again."""
    op.drop_table("withdrawals")
