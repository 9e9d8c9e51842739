"""What two models gave the same people, day by day, and the lease of whoever moves production."""

import sqlalchemy as sa
from alembic import op

from matinee.ratings.instants import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "model_comparisons",
        sa.Column("pair", sa.String, primary_key=True),
        sa.Column("chunk_id", sa.Integer, sa.ForeignKey("chunks.chunk_id"), primary_key=True, autoincrement=False),
        sa.Column("user_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("own", sa.Double, nullable=False),
        sa.Column("other", sa.Double, nullable=False),
    )
    op.create_table(
        "move_leases",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Remove the tables, and with them the evidence that was gathered: it begins again."""
    op.drop_table("move_leases")
    op.drop_table("model_comparisons")
