"""Moments as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def local(moment: datetime) -> datetime:
    """The moment on the clock of the browser."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except ZoneInfoNotFoundError:
        return moment.astimezone(UTC)
    return moment.astimezone(zone)


def day(moment: datetime) -> str:
    """Year, month and day, with hyphens at which no line breaks."""
    return f"{moment:%Y-%m-%d}".replace("-", "\u2011")


def last_day(end: datetime) -> datetime:
    """The last day (UTC) before an exclusive end."""
    return end - timedelta(microseconds=1)
