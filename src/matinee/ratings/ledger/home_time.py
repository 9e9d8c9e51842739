"""What time it is for a home: that of the wall, or, while old data is replayed, that of the data."""

from collections.abc import Iterable
from datetime import datetime

from matinee import clock
from matinee.ratings.ledger.chunks import Chunk


def home_time(chunks: Iterable[Chunk]) -> datetime | None:
    """In a replay the end of the newest closed chunk, plus the time since it was taken; None before the first.

    Args:
        chunks: all of the home, in order.
    """
    closed = [(chunk, chunk.closed_at) for chunk in chunks if chunk.closed_at is not None]
    if not closed:
        return None
    newest, taken_at = closed[-1]
    return clock.now() if newest.mode == "live" else newest.ends_at + (clock.now() - taken_at)
