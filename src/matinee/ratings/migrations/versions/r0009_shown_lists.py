"""Lists that were shown, for others that are not to repeat them."""

import sqlalchemy as sa
from alembic import op

from matinee.ratings.instants import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table. What was shown before is in the files of impressions only, and does not count."""
    op.create_table(
        "shown_lists",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("movie_ids", sa.JSON, nullable=False),
        sa.Column("shown_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_shown_lists_user", "shown_lists", ["user_id", "shown_at"])
    op.create_index("ix_shown_lists_shown_at", "shown_lists", ["shown_at"])


def downgrade() -> None:
    """Forget what was shown."""
    op.drop_table("shown_lists")
