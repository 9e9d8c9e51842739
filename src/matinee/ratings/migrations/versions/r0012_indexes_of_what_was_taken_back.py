"""Indexes that find what was taken back of one movie: those of a user alone made each row look at all of the others."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the longer indexes in place of the short ones, which they hold."""
    op.create_index("ix_withdrawals_covered", "withdrawals", ["user_id", "movie_id", "last_feedback_id"])
    op.drop_index("ix_withdrawals_user_id", "withdrawals")
    op.create_index("ix_watch_lists_movie", "watch_lists", ["user_id", "movie_id", "id"])
    op.drop_index("ix_watch_lists_user_id", "watch_lists")


def downgrade() -> None:
    """Make the short ones again."""
    op.create_index("ix_withdrawals_user_id", "withdrawals", ["user_id"])
    op.drop_index("ix_withdrawals_covered", "withdrawals")
    op.create_index("ix_watch_lists_user_id", "watch_lists", ["user_id"])
    op.drop_index("ix_watch_lists_movie", "watch_lists")
