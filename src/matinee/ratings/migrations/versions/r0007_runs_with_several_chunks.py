"""A run may take several chunks; whether a home's clock is a replay's or the wall's; ratings that came late."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns. What was taken so far was taken by the run of its own, on a replay's clock, nothing late."""
    op.add_column("chunks", sa.Column("claimed_by", sa.String, nullable=False, server_default=""))
    op.add_column("chunks", sa.Column("mode", sa.String, nullable=False, server_default="replay"))
    op.add_column("chunks", sa.Column("n_late", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE chunks SET claimed_by = run_id")
    op.create_index("ix_chunks_claimed_by", "chunks", ["claimed_by"])


def downgrade() -> None:
    """Remove the columns; each further chunk of a run then is that of a run of its own."""
    op.drop_index("ix_chunks_claimed_by", "chunks")
    for column in ("n_late", "mode", "claimed_by"):
        op.drop_column("chunks", column)
