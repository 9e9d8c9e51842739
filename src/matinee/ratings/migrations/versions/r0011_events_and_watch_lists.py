"""Events besides ratings, which may have no value, and what people want to watch."""

import sqlalchemy as sa
from alembic import op

from matinee.ratings.instants import UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Every row so far is a rating. SQLite makes its table anew, because a column of its cannot become nullable."""
    with op.batch_alter_table("feedback") as feedback:
        feedback.add_column(sa.Column("event", sa.String, nullable=False, server_default="rating"))
        feedback.alter_column("rating", existing_type=sa.Double, nullable=True)
    op.add_column("chunk_statistics", sa.Column("events", sa.JSON, nullable=False, server_default="{}"))
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "watch_lists",
        sa.Column("id", serial, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("movie_id", sa.String, nullable=False),
        sa.Column("is_listed", sa.Boolean, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_watch_lists_user_id", "watch_lists", ["user_id"])


def downgrade() -> None:
    """Remove watch lists and all events that are no ratings."""
    op.drop_table("watch_lists")
    op.drop_column("chunk_statistics", "events")
    op.execute(sa.text("DELETE FROM feedback WHERE event != 'rating'"))
    with op.batch_alter_table("feedback") as feedback:
        feedback.alter_column("rating", existing_type=sa.Double, nullable=False)
        feedback.drop_column("event")
