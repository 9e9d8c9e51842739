"""Alembic migrations of the database, applied by `matinee.ratings.database.engine`.

A new one is a module in `versions/` that names its predecessor in `down_revision`. A test compares the
migrated tables with the models.
"""
