"""What is kept of pairs of models, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from matinee.lifecycle.comparisons import Comparisons
from matinee.ratings.database import ChunkRow, engine
from matinee.stages.prune.comparisons import PAIR_DAYS, prune_comparisons
from matinee.stages.stores import Stores

BEGAN = datetime(1998, 1, 1, tzinfo=UTC)
"""A replay: this machine's clock says nothing about how old its evidence is."""
LAST_DAY = 2 * PAIR_DAYS
TWO_USERS = {"ann": (0.4, 0.3), "bob": (0.1, 0.2)}


@pytest.fixture
def stores(make_settings, tmp_path) -> Stores:
    """Of a home whose pair `going on` was compared on each tenth day, and `left` until the first of them."""
    stores = Stores.of(make_settings(home=tmp_path / "home"))
    alike = {"source": "x", "mode": "replay", "state": "closed", "path": ""}
    alike |= dict.fromkeys(("starts_at", "ends_at", "claimed_at"), BEGAN)
    alike |= dict.fromkeys(("n_ratings", "n_live", "n_late"), 0)
    with Session(engine(stores.settings)) as session, session.begin():
        for day in range(0, LAST_DAY + 1, 10):
            session.add(ChunkRow(chunk_id=day + 1, run_id=f"{day}", claimed_by=f"{day}", **alike))
    for day in range(0, LAST_DAY + 1, 10):
        stores.comparisons.keep("going on", day + 1, BEGAN + timedelta(days=day), TWO_USERS)
    for day in (0, LAST_DAY - PAIR_DAYS):
        stores.comparisons.keep("left", day + 1, BEGAN + timedelta(days=day), TWO_USERS)
    stores.comparisons.keep("left not so long ago", 101, BEGAN + timedelta(days=LAST_DAY - PAIR_DAYS + 10), TWO_USERS)
    return stores


def test_the_evidence_of_a_pair_that_nobody_compares_any_more_ends(stores):
    assert prune_comparisons(stores, dry_run=True).n == 4
    assert len(stores.comparisons.of("left").differences) == 4, "a dry run removes nothing"
    assert prune_comparisons(stores, dry_run=False).n == 4
    assert len(stores.comparisons.of("left").differences) == 0
    assert len(stores.comparisons.of("left not so long ago").differences) == 2
    assert prune_comparisons(stores, dry_run=False).n == 0


def test_the_evidence_of_a_pair_that_goes_on_stays_however_old_it_is(stores):
    before = stores.comparisons.of("going on")
    prune_comparisons(stores, dry_run=False)
    after = stores.comparisons.of("going on")
    assert (after.differences.values == before.differences.values).all()
    assert after.differences.span_days == LAST_DAY + 1


def test_a_home_without_evidence_has_none_to_remove(settings):
    assert Comparisons(settings).prune(PAIR_DAYS, dry_run=False) == 0


def test_it_is_known_how_long_ago_each_pair_was_compared_that_knows_a_user(stores):
    stores.comparisons.keep("without ann", 1, BEGAN, {"bob": (0.4, 0.3)})
    last = {"going on": 0, "left": PAIR_DAYS, "left not so long ago": PAIR_DAYS - 10}
    assert stores.comparisons.days_since("ann") == last
    assert stores.comparisons.days_since("bob") == last | {"without ann": LAST_DAY}
    assert stores.comparisons.days_since("nobody") == {}
