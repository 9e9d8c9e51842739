"""The chunk ledger, people's ratings, and idempotency keys."""

import sqlalchemy as sa
from alembic import op

from matinee.ratings.instants import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "chunks",
        sa.Column("chunk_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.String, nullable=False, unique=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("source_digest", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("n_ratings", sa.Integer, nullable=False),
        sa.Column("n_live", sa.Integer, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("sha256", sa.String),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
        sa.Column("closed_at", UtcDateTime),
    )
    op.create_table(
        "chunk_quarantine",
        sa.Column("chunk_id", sa.Integer, sa.ForeignKey("chunks.chunk_id"), primary_key=True),
        sa.Column("reason", sa.String, primary_key=True),
        sa.Column("n_rows", sa.Integer, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("movie_id", sa.String, nullable=False),
        sa.Column("rating", sa.Double, nullable=False),
        sa.Column("rated_at", UtcDateTime, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("chunk_id", sa.Integer, sa.ForeignKey("chunks.chunk_id")),
        sa.UniqueConstraint("user_id", "movie_id", "rated_at", "rating", name="uq_feedback_event"),
    )
    op.create_index("ix_feedback_chunk_id", "feedback", ["chunk_id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("request_digest", sa.String, nullable=False),
        sa.Column("receipt", sa.JSON, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Remove the tables, and with them everything that people rated."""
    for table in ("idempotency_keys", "feedback", "chunk_quarantine", "chunks"):
        op.drop_table(table)
