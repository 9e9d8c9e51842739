"""What a home holds beside what was acknowledged to people: nothing may be lost, and nothing there twice."""

from collections import Counter
from typing import NamedTuple

import polars as pl
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee.bench.soak.people import Event, Truth
from matinee.clients.api import Client
from matinee.ratings.database import FeedbackRow, engine
from matinee.settings import Settings

USERS_ASKED = 200
LONGEST_LIST = 1_000


class Audit(NamedTuple):
    """What was found."""

    acknowledged: int
    lost: int
    doubled: int


def audit(settings: Settings, client: Client, truth: Truth) -> Audit:
    """Compare chunks and database with every rating that was acknowledged, and the API's answers with what counts."""
    held = _in_chunks(settings) + _waiting(settings)
    lost = sum(held[event] == 0 for event in truth.events if event not in truth.withdrawn)
    doubled = sum(n - 1 for n in held.values() if n > 1) + sum(event not in truth.events for event in held)
    missing, surplus = _told(client, truth)
    return Audit(sum(truth.events.values()), lost + missing, doubled + surplus)


def _in_chunks(settings: Settings) -> Counter[Event]:
    """Live ratings in the files of the chunks."""
    files = pl.scan_parquet(settings.home / "ratings" / "chunk-*.parquet", missing_columns="insert")
    rows = files.filter(origin="live").select("user_id", "movie_id", pl.col("rated_at").dt.epoch("s")).collect()
    return Counter(rows.iter_rows())


def _waiting(settings: Settings) -> Counter[Event]:
    """Live ratings that no chunk has taken yet."""
    rows = sa.select(FeedbackRow).where(FeedbackRow.chunk_id.is_(None))
    with Session(engine(settings)) as session:
        return Counter((row.user_id, row.movie_id, int(row.rated_at.timestamp())) for row in session.scalars(rows))


def _told(client: Client, truth: Truth) -> tuple[int, int]:
    """Of some users: ratings that the API does not tell as they count, and live ones that it tells and nobody gave."""
    users = sorted(truth.of_user)
    step = max(1, len(users) // USERS_ASKED)
    missing = surplus = 0
    for user_id in users[::step]:
        counts = {movie: rating for (user, movie), rating in truth.latest.items() if user == user_id}
        told = {each.movie_id: each for each in client.ratings(user_id, LONGEST_LIST)}
        missing += sum(movie not in told or told[movie].rating != rating for movie, rating in counts.items())
        surplus += sum(each.source == "live" and movie not in counts for movie, each in told.items())
    return missing, surplus
