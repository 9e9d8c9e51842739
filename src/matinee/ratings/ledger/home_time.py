"""What time it is for a home: that of the wall, or, while old data is replayed, that of the data."""

from datetime import datetime

from matinee import clock
from matinee.ratings.ledger.chunks import Chunk


def home_time(newest: Chunk | None) -> datetime | None:
    """In a replay the end of the newest closed chunk, plus the time since it was taken; None before the first.

    Args:
        newest: the newest closed chunk of the home.
    """
    if newest is None or newest.closed_at is None:
        return None
    return clock.now() if newest.mode == "live" else newest.ends_at + (clock.now() - newest.closed_at)
