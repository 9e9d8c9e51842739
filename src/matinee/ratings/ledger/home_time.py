"""What time it is for a home: that of the wall, or, while old data is replayed, that of the data."""

from datetime import datetime, timedelta

from matinee import clock
from matinee.ratings.ledger.chunks import Chunk


def home_time(newest: Chunk | None) -> datetime | None:
    """In a replay the end of the newest closed chunk, plus the time since it was taken; None before the first.

    Args:
        newest: the newest closed chunk of the home.
    """
    if newest is None or newest.closed_at is None:
        return None
    if newest.mode == "live":
        return clock.now()
    return newest.ends_at + max(clock.now() - newest.closed_at, timedelta(0))
