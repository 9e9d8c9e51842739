"""Tables of what is compared day by day: challengers, and what a day of learning is worth."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from matinee.ratings.database import Base


class ChallengerRow(Base):
    """Where a challenger stands against a champion (`matinee.lifecycle.challengers`); one row for each pair."""

    __tablename__ = "challengers"

    pair: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    champion: Mapped[str]
    submission: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str]
    chunk_id: Mapped[int] = mapped_column(sa.ForeignKey("chunks.chunk_id"))
    at: Mapped[datetime]
    run_id: Mapped[str | None]
    version: Mapped[str | None]
    seconds: Mapped[float | None]
    alpha: Mapped[float | None]
    n_users: Mapped[int]
    n_days: Mapped[int]
    difference: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    days_needed: Mapped[float | None]
    segments: Mapped[dict[str, Any]]


class FreshnessRow(Base):
    """What production gave the people of a chunk beside itself some days ago (`matinee.lifecycle.freshness`)."""

    __tablename__ = "freshness"

    chunk_id: Mapped[int] = mapped_column(sa.ForeignKey("chunks.chunk_id"), primary_key=True, autoincrement=False)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    n_users: Mapped[int]
    own: Mapped[float]
    other: Mapped[float]
    variance: Mapped[float]
