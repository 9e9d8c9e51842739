"""What an id and a time of a rating are, for the API, the feedback store and imported files alike."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from matinee import clock

LONGEST_ID = 255
"""Longest user id, movie id and idempotency key, in characters."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No rating is older."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""A rating of a data set that is dated ahead waits for its day, whenever that is; from here on it is a slip."""

CLOCK_TOLERANCE = timedelta(days=1)
"""How far ahead a live rating may be dated: clocks differ, and a local time may have been taken for UTC."""


WHOLE_FLOAT = r"^([+-]?\d+)\.0+$"
"""A whole number as programs write it that keep it as a float: `12.0` is `12`."""


def canonical_text(value: str) -> str:
    """Text in the one form in which it is compared: NFC, without spaces around it."""
    stripped = value.strip()
    return stripped if stripped.isascii() else unicodedata.normalize("NFC", stripped)


def canonical_id(value: str) -> str:
    """An id in the one form in which it is compared; a whole number that was written as a float is whole again."""
    text = canonical_text(value)
    return re.sub(WHOLE_FLOAT, r"\1", text) if "." in text else text


def is_printable(value: str) -> bool:
    """Whether `value` may be the beginning of an id."""
    return len(value) <= LONGEST_ID and value.isprintable()


def is_valid_id(value: str) -> bool:
    """Whether `value` is an id: 1 to `LONGEST_ID` printable characters, not all of them spaces."""
    return bool(value.strip()) and is_printable(value)


def in_utc(time: datetime) -> datetime:
    """`time` in UTC; one without a time zone is taken for UTC.

    Raises:
        ValueError: in UTC it is before the year 1 or after 9999.
    """
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time lies outside of the calendar") from error


def latest_time(now: datetime | None = None) -> datetime:
    """The latest time that a rating may have."""
    return (now or clock.now()) + CLOCK_TOLERANCE
