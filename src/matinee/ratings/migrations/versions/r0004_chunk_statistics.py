"""What the data watch found in each chunk, and what people decided about the chunks that it refused."""

import sqlalchemy as sa
from alembic import op

from matinee.ratings.instants import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "chunk_statistics",
        sa.Column("chunk_id", sa.Integer, sa.ForeignKey("chunks.chunk_id"), primary_key=True, autoincrement=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("n_ratings", sa.Integer, nullable=False),
        sa.Column("n_users", sa.Integer, nullable=False),
        sa.Column("n_new_users", sa.Integer, nullable=False),
        sa.Column("n_ratings_of_new_users", sa.Integer, nullable=False),
        sa.Column("n_movies", sa.Integer, nullable=False),
        sa.Column("n_new_movies", sa.Integer, nullable=False),
        sa.Column("n_ratings_of_new_movies", sa.Integer, nullable=False),
        sa.Column("ratings_by_day", sa.JSON, nullable=False),
        sa.Column("rating_histogram", sa.JSON, nullable=False),
        sa.Column("mean_rating", sa.Double),
        sa.Column("ratings_per_user", sa.Double),
        sa.Column("most_ratings_of_a_user", sa.Integer, nullable=False),
        sa.Column("quarantine_share", sa.Double, nullable=False),
        sa.Column("usual_n_ratings", sa.Double),
        sa.Column("rating_distance", sa.Double),
        sa.Column("rating_p_value", sa.Double),
        sa.Column("popularity_distance", sa.Double),
        sa.Column("popularity_p_value", sa.Double),
        sa.Column("popularity_overlap", sa.Double),
        sa.Column("watched_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "chunk_decisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("chunk_id", sa.Integer, sa.ForeignKey("chunks.chunk_id"), nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_chunk_decisions_chunk_id", "chunk_decisions", ["chunk_id"])


def downgrade() -> None:
    """Remove the tables, and with them the decisions: refused chunks wait again."""
    op.drop_table("chunk_decisions")
    op.drop_table("chunk_statistics")
