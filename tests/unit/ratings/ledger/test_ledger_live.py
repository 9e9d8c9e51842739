"""A home on today's clock: growing files, late ratings, some dated ahead, missed days; none is lost or doubled."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from matinee import clock
from matinee.ratings.feedback import FeedbackStore, NewRating
from matinee.ratings.ledger import ChunkLedger
from matinee.ratings.sources import prepare
from matinee.settings import Settings

pytestmark = pytest.mark.either

TODAY = datetime(2026, 11, 26, tzinfo=UTC)
"""Thursday, midnight."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class World:
    """A file that grows, and a wall clock that the test sets."""

    def __init__(self, make_settings: Callable[..., Settings], folder: Path) -> None:
        self.now = TODAY + 12 * HOUR
        self.path = folder / "own.csv"
        self.path.write_text("user_id,movie_id,rating,rated_at\n")
        self.settings = make_settings(home=folder / "home", data=str(self.path), grace="1h")
        self.n_rows = 0
        self.n_runs = 0

    @property
    def ledger(self) -> ChunkLedger:
        return ChunkLedger(self.settings)

    def append(self, *times: datetime) -> None:
        with self.path.open("a") as file:
            for time in times:
                file.write(f"u{self.n_rows % 7},m{self.n_rows},4,{time.isoformat()}\n")
                self.n_rows += 1

    def run(self, run_id: str = ""):
        self.n_runs += 1
        return self.ledger.take(run_id or f"run-{self.n_runs}")

    def closed(self) -> pl.DataFrame:
        chunks = self.ledger.chunks()
        return self.ledger.ratings_through(len(chunks)) if chunks else pl.DataFrame()


@pytest.fixture
def world(make_settings, tmp_path: Path):
    made = World(make_settings, tmp_path)
    with clock.pretended(lambda: made.now):
        yield made


def days(*numbers: float) -> Iterable[datetime]:
    return [TODAY + number * DAY for number in numbers]


def periods(taken) -> list[tuple[float, float]]:
    return [((chunk.starts_at - TODAY) / DAY, (chunk.ends_at - TODAY) / DAY) for chunk in taken.chunks]


def test_a_source_of_these_days_bootstraps_through_the_last_finished_day(world):
    world.append(*days(-5.5, -4.5, -3.5, -2.5, -1.5, 0.4))
    taken = world.run()
    assert periods(taken) == [(-6, 0)]
    assert [chunk.mode for chunk in taken.chunks] == ["live"]


def test_a_period_that_is_not_over_is_not_taken_and_says_when_it_ends(world):
    world.append(*days(-5.5, -4.5, 0.4))
    world.run()
    for _ in range(2):
        taken = world.run()
        assert (taken.chunks, taken.not_over) == ((), TODAY + DAY)
    world.append(TODAY + 20 * HOUR)
    world.now = TODAY + DAY + HOUR
    taken = world.run()
    assert periods(taken) == [(0, 1)]
    assert (taken.chunks[0].n_ratings, taken.chunks[0].n_late) == (2, 0)


def test_a_period_is_closed_only_when_its_grace_is_over_too(world):
    world.append(*days(-3.5, -0.1))
    world.now = TODAY + HOUR - timedelta(seconds=1)
    assert periods(world.run()) == [(-4, -1)]
    assert world.run().not_over == TODAY
    world.now += timedelta(seconds=1)
    assert periods(world.run()) == [(-1, 0)]


def test_a_source_whose_first_day_is_not_over_waits(world):
    world.append(TODAY + HOUR)
    taken = world.run()
    assert (taken.chunks, taken.not_over) == ((), TODAY + DAY)


def test_a_row_dated_ahead_waits_for_its_day_and_closes_none_before(world):
    world.append(*days(-2.5, -1.5), world.now + DAY + timedelta(seconds=40))
    assert prepare(world.settings).n_ratings == 3
    assert periods(world.run()) == [(-3, 0)]
    assert world.ledger.ahead() == 1
    assert world.run().not_over == TODAY + 2 * DAY
    world.append(TODAY + 13 * HOUR)
    world.now = TODAY + DAY + HOUR
    assert periods(world.run()) == [(0, 1)]
    world.now = TODAY + 2 * DAY + HOUR
    assert periods(world.run()) == [(1, 2)]
    assert world.closed().height == 4
    assert world.ledger.ahead() == 0


def test_a_row_dated_ahead_in_old_data_waits_while_live_ratings_go_on(world):
    world.append(datetime(2026, 1, 5, 20, tzinfo=UTC), datetime(2026, 1, 6, 20, tzinfo=UTC), world.now + 3 * DAY)
    assert [chunk.mode for chunk in world.run().chunks] == ["replay"]
    FeedbackStore(world.settings).add([NewRating("live", "m0", 5)])
    assert world.run().not_over == TODAY + DAY
    world.now = TODAY + DAY + HOUR
    taken = world.run()
    assert (taken.chunks[0].n_ratings, taken.chunks[0].n_live, taken.chunks[0].mode) == (1, 1, "live")
    world.now = TODAY + 4 * DAY + HOUR
    assert world.run().chunks[0].n_ratings == 1


@pytest.mark.slow
@pytest.mark.parametrize("length", ["1d", "7d", "30d"])
def test_runs_at_midnight_and_noon_of_a_growing_file_lose_and_double_nothing(world, length):
    world.settings = world.settings.model_copy(update={"chunk": length})
    world.append(*days(-9.5, -8.1, -7.3))
    n_days = 10 if length == "1d" else 40
    for half in range(2 * n_days):
        world.now = TODAY + half * DAY / 2 + timedelta(minutes=1)
        world.run()
        # Some ratings reach the file when their day is over, a few of them days later.
        for behind in (0.1, 0.4, 0.9) if half % 5 else (0.2, 3.3):
            world.append(world.now - behind * DAY)
    world.now += 31 * DAY
    world.append(world.now - 2 * HOUR - 30 * DAY)
    world.run()
    chunks = world.ledger.chunks()
    closed = world.closed()
    source = prepare(world.settings).ratings()
    assert sorted(closed["movie_id"]) == sorted(source["movie_id"])
    assert closed["movie_id"].n_unique() == world.n_rows
    assert all(one.ends_at == other.starts_at for one, other in pairwise(chunks))
    assert all(chunk.ends_at + HOUR <= chunk.claimed_at for chunk in chunks)
    in_time = closed.filter(~pl.col("late")).join(
        pl.DataFrame({"chunk_id": [c.chunk_id for c in chunks], "starts_at": [c.starts_at for c in chunks]}),
        on="chunk_id",
    )
    assert (in_time["rated_at"] >= in_time["starts_at"]).all()
    if length == "1d":
        assert closed["late"].sum() == sum(chunk.n_late for chunk in chunks) > 0


def test_missed_days_are_taken_in_one_run_one_chunk_after_another(world):
    world.append(*days(-2.5, -1.5))
    world.run()
    world.append(*days(0.6, 1.5, 1.6, 3.5, 4.2))
    FeedbackStore(world.settings).add([NewRating("live", "m0", 5)])
    world.now = TODAY + 4 * DAY + 13 * HOUR
    taken = world.run("after-a-holiday")
    assert periods(taken) == [(0, 1), (1, 2), (2, 4)]
    assert [chunk.n_ratings for chunk in taken.chunks] == [2, 2, 1]
    assert [chunk.n_live for chunk in taken.chunks] == [1, 0, 0]
    assert {chunk.run_id for chunk in taken.chunks} == {"after-a-holiday"}
    assert taken.was_taken_before is False


def test_a_run_that_is_cleared_gets_its_own_chunks_and_says_so(world):
    world.append(*days(-2.5, -1.5))
    world.run("first")
    world.append(*days(0.6, 1.5))
    world.now = TODAY + 2 * DAY + HOUR
    taken = world.run("second")
    world.append(*days(2.5))
    world.now += DAY
    again = world.run("second")
    assert again.chunks == taken.chunks
    assert (len(again.chunks), again.was_taken_before) == (2, True)
    assert world.run("first").chunks[0].chunk_id == 1
    assert periods(world.run("third")) == [(2, 3)]


def test_a_run_that_died_after_its_claim_gets_all_its_chunks(world):
    world.append(*days(-2.5, -1.5))
    world.run()
    world.append(*days(0.6, 1.5))
    world.now = TODAY + 2 * DAY + HOUR

    def die(step):
        if step == "published":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ChunkLedger(world.settings, die).take("dies")
    taken = world.run("dies")
    assert (periods(taken), taken.was_taken_before) == ([(0, 1), (1, 2)], True)
    assert world.closed().height == 4


def test_live_ratings_join_the_period_of_their_day(world):
    world.append(*days(-2.5, -1.5))
    world.run()
    store = FeedbackStore(world.settings)
    store.add([NewRating("today", "m0", 5), NewRating("long ago", "m0", 5, TODAY - 9 * DAY)])
    world.now = TODAY + DAY + timedelta(minutes=30)
    store.add([NewRating("after midnight", "m0", 5)])
    assert world.run().chunks == ()
    world.now += HOUR
    taken = world.run()
    assert periods(taken) == [(0, 1)]
    found = world.ledger.ratings_of(2).sort("user_id").select("user_id", "late").rows()
    assert found == [("long ago", True), ("today", False)]
    assert store.unclaimed() == 1


def test_no_ratings_for_days_are_no_more_data_and_no_failure(world):
    world.append(*days(-2.5, -1.5))
    world.run()
    world.now += 5 * DAY
    taken = world.run()
    assert (taken.chunks, taken.not_over) == ((), None)


def test_a_replay_that_reaches_the_present_becomes_live_by_itself(world):
    world.settings = world.settings.model_copy(update={"bootstrap": "1d"})
    world.append(*days(-40.5, -39.5, -38.5))
    assert [chunk.mode for _ in range(3) for chunk in world.run().chunks] == ["replay"] * 3
    world.append(*days(-1.5, -0.5, 0.2))
    taken = world.run()
    assert [chunk.mode for chunk in taken.chunks] == ["live", "live"]
    assert periods(taken) == [(-38, -1), (-1, 0)]
    assert world.run().not_over == TODAY + DAY
    world.now += 30 * DAY
    world.append(*days(20.5, 21.5))
    assert len(world.run().chunks) == 3


def test_the_clock_of_a_replay_goes_on_from_the_end_of_its_newest_chunk(world):
    world.append(*[datetime(2020, 1, day, 12, tzinfo=UTC) for day in (1, 2, 3)])
    assert world.ledger.now() == world.now
    chunk = world.run().chunks[0]
    world.now += 5 * HOUR
    assert world.ledger.now() == chunk.ends_at + 5 * HOUR


def test_the_clock_of_a_live_home_is_the_wall_clock(world):
    world.append(*days(-2.5, -1.5))
    world.run()
    assert world.ledger.now() == world.now


def test_days_begin_in_the_time_zone_of_the_settings(world):
    world.settings = world.settings.model_copy(update={"timezone": "Asia/Seoul"})
    world.append(*days(-2.5, -1.5), TODAY + 14 * HOUR, TODAY + 16 * HOUR)
    world.now = TODAY + 20 * HOUR
    taken = world.run()
    assert taken.chunks[0].ends_at == TODAY + 15 * HOUR
    assert taken.chunks[0].n_ratings == 3


def test_what_comes_after_a_day_that_a_clock_years_ahead_has_taken_is_learned_as_late_day_by_day(world):
    world.append(*days(-5.5, -4.5))
    world.run()
    world.now += 700 * DAY
    world.append(*days(699.2))
    world.run()  # the clock was wrong
    world.now = TODAY + 6 * HOUR
    FeedbackStore(world.settings).add([NewRating("live", "m", 4)])
    world.now = TODAY + 12 * HOUR
    world.append(*days(-1.5, -0.5, 0.4, 0.9))
    taken = world.run()
    assert periods(taken) == [(700, 700)]
    late = world.ledger.interactions_of(taken.chunks[0].chunk_id)
    assert late["late"].all()
    assert sorted((at - TODAY) / DAY for at in late["rated_at"]) == [-1.5, -0.5, 0.25, 0.4]
    waits = world.run()
    assert (waits.chunks, waits.not_over) == ((), TODAY + DAY)

    world.now += DAY
    taken = world.run()  # of the same file: the rating that was dated ahead
    assert world.ledger.interactions_of(taken.chunks[0].chunk_id).height == 1
    FeedbackStore(world.settings).add([NewRating("live", "m2", 4)])
    assert world.run().chunks == ()  # its day is not over
    world.now += DAY
    assert [chunk.n_live for chunk in world.run().chunks] == [1]
    assert world.closed().height == 3 + 4 + 2


def test_a_clock_that_was_a_little_ahead_makes_no_chunk_of_late_ratings(world):
    world.append(*days(-5.5, 1.2))
    world.now += 2 * DAY
    world.run()
    world.now -= 2 * DAY
    world.append(*days(0.3))
    taken = world.run()
    assert (taken.chunks, taken.not_over) == ((), TODAY + 3 * DAY)


def test_the_clock_of_a_replay_is_never_before_the_end_of_its_newest_chunk(world):
    world.append(TODAY - 800 * DAY, TODAY - 799 * DAY)
    world.now += 700 * DAY
    taken = world.run()
    world.now -= 700 * DAY
    assert world.ledger.now() == taken.chunks[-1].ends_at
