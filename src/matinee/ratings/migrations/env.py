"""Run by Alembic: migrates over the connection, and within the transaction, of the caller."""

from alembic import context

from matinee.ratings.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
context.run_migrations()
