"""Somebody may say again what was said before another word: 5, 2 and 5 stars with one time are three events."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Let the same event be stored again; `FeedbackStore` recognizes a repetition of the last word."""
    with op.batch_alter_table("feedback") as table:
        table.drop_constraint("uq_feedback_event", type_="unique")
    op.create_index("ix_feedback_event", "feedback", ["user_id", "movie_id", "rated_at"])


def downgrade() -> None:
    """Allow each event once; of events that were said again, the first stays."""
    op.execute(
        "DELETE FROM feedback WHERE id NOT IN "
        "(SELECT min(id) FROM feedback GROUP BY user_id, movie_id, rated_at, rating)"
    )
    op.drop_index("ix_feedback_event", "feedback")
    with op.batch_alter_table("feedback") as table:
        table.create_unique_constraint("uq_feedback_event", ["user_id", "movie_id", "rated_at", "rating"])
