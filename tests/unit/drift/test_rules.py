"""A chunk in which all ratings are alike: broken, unless the scale of the home has one rating only."""

from datetime import UTC, datetime, timedelta

import pytest

from matinee.drift.data_watch import watch
from matinee.drift.records import StatisticsStore
from matinee.ratings.ledger import ChunkLedger

BEGUN = datetime(2026, 1, 1, 11, tzinfo=UTC)


def _file(rating, more=""):
    rows = [
        f"u{user},m{movie},{rating},{(BEGUN + timedelta(days=user, hours=movie)).isoformat()}\n"
        for user in range(8)
        for movie in range(5)
    ]
    return "user_id,movie_id,rating,rated_at\n" + "".join(rows) + more


@pytest.mark.parametrize(
    ("text", "verdict"),
    [(_file(1), "usual"), (_file(3), "refused"), (_file(1, "u9,m1,5,2026-02-01T00:00:00Z\n"), "refused")],
)
def test_a_first_chunk_of_thumbs_alone_is_learned_from(settings, tmp_path, text, verdict):
    (tmp_path / "r.csv").write_text(text)
    own = settings.model_copy(update={"data": str(tmp_path / "r.csv"), "positive_rating": 1.0, "bootstrap": "9d"})
    ledger = ChunkLedger(own)
    ledger.close_next("run-1")
    assert watch(own, ledger, StatisticsStore(own), 1).statistics.verdict == verdict
