import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from matinee.errors import BadData, NotFound, UsageError
from matinee.models.interactions import Interactions
from matinee.ratings.database import ChunkRow, engine, writing
from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.ratings.importing.schema import RATINGS
from matinee.ratings.ledger import CHUNK, ChunkLedger
from matinee.ratings.ledger.chunks import INTERACTIONS, as_of_0_1
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings
from matinee.storage import digest

FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def ledger(own_settings):
    return ChunkLedger(own_settings)


def close_all(ledger, prefix="run"):
    chunks = []
    while chunk := ledger.close_next(f"{prefix}-{len(chunks)}"):
        chunks.append(chunk)
    return chunks


def days(chunk):
    return (chunk.starts_at - FIRST_DAY).days, (chunk.ends_at - FIRST_DAY).days


def append(settings, *rows):
    with open(settings.data, "a") as file:  # noqa: PTH123  `data` is text in the settings
        file.writelines(f"{row}\n" for row in rows)


def test_the_first_chunk_is_the_bootstrap_history_and_each_further_one_the_next_period(ledger):
    chunks = close_all(ledger)
    assert [days(chunk) for chunk in chunks] == [(0, 2), (2, 3), (3, 4), (4, 7), (7, 8)]
    assert [chunk.n_ratings for chunk in chunks] == [2, 1, 1, 1, 1]
    assert [chunk.chunk_id for chunk in chunks] == [1, 2, 3, 4, 5]
    assert {chunk.state for chunk in chunks} == {"closed"}


def test_no_more_data_is_a_clean_state_that_lasts(ledger):
    chunks = close_all(ledger)
    assert ledger.close_next("later") is None
    assert ledger.close_next("later") is None
    assert ledger.chunks() == chunks


def test_the_same_run_gets_the_same_chunk_whatever_came_between(ledger):
    first = ledger.close_next("a")
    second = ledger.close_next("b")
    assert ledger.close_next("a") == first
    assert ledger.close_next("b") == second
    assert ledger.chunk(1) == first


def test_ratings_through_a_chunk_are_those_of_all_chunks_so_far(ledger, own_settings):
    close_all(ledger)
    everything = ledger.ratings_through(5)
    assert everything.select(RATINGS.names()).equals(prepare(own_settings).ratings())
    assert everything.schema == pl.Schema({**CHUNK, "chunk_id": pl.Int64(), "weight": pl.Float32()})
    assert everything["chunk_id"].to_list() == [1, 1, 2, 3, 4, 5]
    assert ledger.ratings_through(2).equals(everything.head(3))
    assert ledger.ratings_of(4)["chunk_id"].to_list() == [4]


def test_live_ratings_join_the_chunk_that_is_claimed_next(ledger, own_settings):
    store = FeedbackStore(own_settings)
    ledger.close_next("a")
    store.add([NewRating("live", "m0", 5)])
    chunk = ledger.close_next("b")
    assert (chunk.n_ratings, chunk.n_live) == (2, 1)
    live = ledger.ratings_of(2).filter(pl.col("origin") == "live")
    assert live.select("user_id", "movie_id", "rating").row(0) == ("live", "m0", 5.0)
    assert store.unclaimed() == 0
    assert store.of_user("live")[0].chunk_id == 2


def test_live_ratings_after_the_end_of_the_data_make_a_chunk_of_their_own(ledger, own_settings):
    close_all(ledger)
    FeedbackStore(own_settings).add([NewRating("live", "m0", 5)])
    chunk = ledger.close_next("live-only")
    assert (chunk.chunk_id, chunk.n_ratings, chunk.n_live) == (6, 1, 1)
    assert chunk.starts_at == chunk.ends_at == FIRST_DAY + timedelta(days=8)
    assert ledger.close_next("after") is None


def test_the_chunk_length_may_change_between_runs(ledger, own_settings):
    ledger.close_next("a")
    longer = ChunkLedger(own_settings.model_copy(update={"chunk": "7d"}))
    assert days(longer.close_next("b")) == (2, 9)


def test_a_chunk_file_is_not_touched_by_later_runs(ledger, own_settings):
    first = ledger.close_next("a")
    before = (own_settings.home / first.path).stat()
    close_all(ledger)
    after = (own_settings.home / first.path).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_home_belongs_to_one_source(ledger, own_settings, tmp_path):
    ledger.close_next("a")
    other = tmp_path / "other.csv"
    with pytest.raises(UsageError, match=r"learns from .*own.csv, not from .*other.csv"):
        ChunkLedger(own_settings.model_copy(update={"data": str(other)})).close_next("b")


def test_a_run_needs_an_id_and_a_chunk_has_to_exist(ledger):
    with pytest.raises(UsageError, match="needs an id"):
        ledger.close_next(" ")
    with pytest.raises(NotFound, match="no chunk 7"):
        ledger.ratings_through(7)


def test_rows_appended_to_the_file_later_are_found_in_the_periods_to_come(ledger, own_settings):
    close_all(ledger)
    append(own_settings, "u9,m9,4,2020-01-09T10:00:00Z")
    chunk = ledger.close_next("new")
    assert days(chunk) == (8, 9)
    assert ledger.ratings_of(6)["user_id"].to_list() == ["u9"]
    assert chunk.n_quarantined == 0


def test_rows_that_come_after_their_period_is_closed_join_the_next_chunk_once_as_late(ledger, own_settings):
    close_all(ledger)
    append(own_settings, "late,m9,4,2020-01-03T10:00:00Z", "u9,m9,4,2020-01-09T10:00:00Z")
    chunk = ledger.close_next("new")
    assert (chunk.n_ratings, chunk.n_late, chunk.n_quarantined) == (2, 1, 0)
    assert ledger.ratings_of(6).select("user_id", "late").rows() == [("late", True), ("u9", False)]
    append(own_settings, "u9,m9,4,2020-01-10T10:00:00Z")
    newer = ledger.close_next("newer")
    assert (newer.n_ratings, newer.n_late) == (1, 0)


def test_rows_that_a_declared_scale_makes_usable_join_the_next_chunk_once_as_late(ledger, own_settings):
    append(own_settings, "points,m9,80,2020-01-01T10:00:00Z")
    assert ledger.close_next("a").n_quarantined == 1
    declared = ChunkLedger(own_settings.model_copy(update={"rating_scale": "0-100"}))
    assert declared.close_next("b").n_late == 1
    assert declared.ratings_of(2).filter("late")["user_id"].to_list() == ["points"]
    assert declared.close_next("c").n_late == 0


def test_rows_of_chunks_that_noted_only_the_bytes_of_the_source_are_not_doubled(ledger, own_settings):
    ledger.close_next("a")
    inputs = prepare(own_settings).inputs.values()
    with writing(engine(own_settings)) as session:
        session.get_one(ChunkRow, 1).source_digest = hashlib.sha256("".join(inputs).encode()).hexdigest()
    assert [chunk.n_late for chunk in close_all(ledger)] == [0, 0, 0, 0]


def test_the_file_of_a_chunk_has_the_columns_of_interactions(ledger, own_settings):
    FeedbackStore(own_settings).add([NewRating("live", "m0", 5)])
    content = pl.read_parquet(own_settings.home / ledger.close_next("a").path)
    assert content.schema == INTERACTIONS
    assert content.select("event", "value", "origin", "late").rows() == [
        ("rating", 1.0, "source", False),
        ("rating", 2.0, "source", False),
        ("rating", 5.0, "live", False),
    ]


def as_matinee_0_1_wrote_it(ledger, settings, chunk):
    path = settings.home / chunk.path
    as_of_0_1(pl.read_parquet(path)).write_parquet(path)
    with writing(engine(settings)) as session:
        session.get_one(ChunkRow, chunk.chunk_id).sha256 = digest(path)
    return ledger.chunk(chunk.chunk_id)


def test_a_chunk_of_matinee_0_1_is_read_as_ratings_and_restored_with_its_bytes(ledger, own_settings):
    FeedbackStore(own_settings).add([NewRating("live", "m0", 5)])
    chunk = ledger.close_next("a")
    ratings = ledger.ratings_of(1)
    old = as_matinee_0_1_wrote_it(ledger, own_settings, chunk)
    assert old.sha256 != chunk.sha256
    assert ledger.ratings_of(1).equals(ratings)
    (own_settings.home / old.path).unlink()
    assert ledger.ratings_of(1).equals(ratings)


def test_what_matinee_0_1_kept_beside_a_chunk_as_late_is_learned_with_the_next_one(ledger, own_settings):
    ledger.close_next("a")
    append(own_settings, "late,m9,4,2020-01-01T10:00:00Z")
    chunk = ledger.close_next("b")
    as_matinee_0_1_wrote_it(ledger, own_settings, replace(chunk, n_late=0))
    path = own_settings.home / chunk.path
    content = pl.read_parquet(path)
    late = content.filter(user_id="late").select("user_id", "movie_id", "rating", "rated_at")
    late.write_parquet(path.with_suffix(".late.parquet"))
    content.filter(pl.col("user_id") != "late").write_parquet(path)
    with writing(engine(own_settings)) as session:
        session.get_one(ChunkRow, 2).sha256 = digest(path)
    assert ledger.ratings_through(2).filter(user_id="late").is_empty()
    assert ledger.close_next("c").n_late == 1
    assert ledger.close_next("d").n_late == 0


def test_quarantined_rows_of_the_source_are_counted_once_by_the_chunk_that_first_saw_them(ledger, own_settings):
    append(own_settings, "u,m,oops,2020-01-09T10:00:00Z", ",m,3,2020-01-09T10:00:00Z")
    assert ledger.close_next("a").n_quarantined == 2
    assert ledger.quarantined(1) == {"empty_id": 1, "rating_not_a_number": 1}
    assert ledger.close_next("b").n_quarantined == 0
    append(own_settings, "u,m,oops again,2020-01-09T10:00:00Z")
    assert ledger.close_next("c").n_quarantined == 1
    assert ledger.quarantined(99) == {}


@pytest.mark.parametrize("harm", ["lost", "damaged"])
def test_a_lost_or_damaged_file_is_rebuilt_with_the_same_bytes(ledger, own_settings, harm):
    FeedbackStore(own_settings).add([NewRating("live", "m0", 5)])
    path = own_settings.home / ledger.close_next("a").path
    content, ratings = path.read_bytes(), ledger.ratings_of(1)
    path.unlink() if harm == "lost" else path.write_bytes(content[:9] + bytes([content[9] ^ 1]) + content[10:])
    assert ledger.ratings_of(1).equals(ratings)
    assert path.read_bytes() == content


def test_a_lost_file_is_rebuilt_without_what_came_late(ledger, own_settings):
    close_all(ledger)
    append(own_settings, "late,m9,4,2020-01-03T10:00:00Z", "u9,m9,4,2020-01-09T10:00:00Z")
    ledger.close_next("new")
    before = ledger.ratings_through(6)
    (own_settings.home / "ratings" / "chunk-00002.parquet").unlink()
    assert ledger.ratings_through(6).equals(before)


def test_a_lost_file_whose_source_has_changed_is_a_clear_error(ledger, own_settings, write_ratings):
    path = own_settings.home / ledger.close_next("a").path
    path.unlink()
    write_ratings([0, 1, 1.1, 5])
    with pytest.raises(BadData, match=r"chunk-00001.parquet is missing or damaged.*Restore the file from a backup"):
        ledger.ratings_of(1)
    assert not path.exists()


def test_a_chunk_is_not_of_a_source_that_somebody_has_changed_in_the_home(own_settings):
    ledger = ChunkLedger(own_settings)
    ledger.close_next("a")
    source = prepare(own_settings)
    source.ratings().with_columns(rating=pl.lit(1.5, pl.Float32)).write_parquet(source.ratings_path)
    chunk = ledger.close_next("b")
    assert 1.5 not in ledger.ratings_of(chunk.chunk_id)["rating"].to_list()


def test_a_chunk_that_is_claimed_but_not_written_yet_cannot_be_read(own_settings):
    def stop(step):
        if step == "claimed":
            raise InterruptedError(step)

    with pytest.raises(InterruptedError):
        ChunkLedger(own_settings, stop).close_next("a")
    with pytest.raises(BadData, match="Chunk 1 is not closed yet"):
        ChunkLedger(own_settings).ratings_through(1)


def test_the_newest_closed_chunk_is_not_one_that_is_only_claimed(own_settings):
    def stop(step):
        if step == "claimed":
            raise InterruptedError(step)

    ledger = ChunkLedger(own_settings)
    assert ledger.newest_closed() is None
    first, second = ledger.close_next("a"), ledger.close_next("b")
    with pytest.raises(InterruptedError):
        ChunkLedger(own_settings, stop).close_next("c")
    assert ledger.newest_closed() == second
    assert [each.state for each in ledger.chunks()] == ["closed", "closed", "claimed"]
    assert ledger.ratings_through(2).height == ledger.n_ratings_through(2) == first.n_ratings + second.n_ratings
    assert (ledger.n_ratings_through(1), ledger.chunks_of_run("a")) == (first.n_ratings, [first])
    assert ledger.ratings_through(3, without=[3]).height == ledger.n_ratings_through(2)
    with pytest.raises(BadData, match="Chunk 3 is not closed yet"):
        ledger.ratings_through(3)


def test_bootstrap_is_by_default_the_days_up_to_the_middle_rating(own_settings):
    automatic = ChunkLedger(own_settings.model_copy(update={"bootstrap": "auto"}))
    assert days(automatic.close_next("a")) == (0, 4)


def test_ml_100k_is_cut_into_sixty_days_and_then_every_day_with_ratings(tmp_path, real_data):
    ledger = ChunkLedger(Settings(home=tmp_path, data=str(real_data / "ml-100k"), chunk="7d", _env_file=None))
    chunks = close_all(ledger)
    assert (chunks[0].starts_at, chunks[0].ends_at) == (
        datetime(1997, 9, 20, tzinfo=UTC),
        datetime(1997, 11, 19, tzinfo=UTC),
    )
    assert chunks[0].n_ratings == 32_061
    assert len(chunks) == 24
    assert ledger.ratings_through(len(chunks)).height == 100_000


def test_what_was_taken_back_before_a_chunk_is_claimed_never_enters_it(ledger, own_settings):
    store = FeedbackStore(own_settings)
    store.add([NewRating("live", "m0", 5), NewRating("live", "m1", 5), NewRating("gone", "m0", 5)])
    store.withdraw("live", "m0")
    store.withdraw("gone")
    assert store.unclaimed() == 1
    chunk = ledger.close_next("a")
    assert chunk.n_live == 1
    raw = pl.read_parquet(own_settings.home / chunk.path).filter(origin="live")
    assert raw.select("user_id", "movie_id").rows() == [("live", "m1")]


def test_no_chunk_is_made_of_what_was_taken_back(ledger, own_settings):
    close_all(ledger)
    store = FeedbackStore(own_settings)
    store.add([NewRating("live", "m0", 5)])
    store.withdraw("live")
    assert ledger.close_next("nothing") is None


@pytest.mark.parametrize("user", ["u1", "live"], ids=["of the source", "live"])
def test_an_erasure_that_is_alone_makes_one_chunk_so_that_a_model_forgets(ledger, own_settings, user):
    store = FeedbackStore(own_settings)
    store.add([NewRating("live", "m0", 5)])
    close_all(ledger)
    store.withdraw(user)
    chunk = ledger.close_next("forget")
    assert (chunk.n_ratings, chunk.starts_at) == (0, chunk.ends_at)
    assert user not in ledger.ratings_through(chunk.chunk_id)["user_id"]
    assert ledger.close_next("nothing more") is None


def test_of_5_then_2_then_5_stars_with_one_time_the_last_word_is_learned(ledger, own_settings):
    store, at = FeedbackStore(own_settings), FIRST_DAY + timedelta(hours=1)
    for run, words in (("a", (5, 2)), ("b", (5,))):
        store.add([NewRating("live", "m0", stars, at) for stars in words])
        ledger.close_next(run)
        learned = Interactions.from_ratings(ledger.ratings_through(ledger.chunks()[-1].chunk_id), [], 4.0, at)
        assert learned.histories.ratings[list(learned.user_ids).index("live")] == words[-1]


def test_what_was_taken_back_and_said_again_after_another_word_counts(ledger, own_settings):
    store, at = FeedbackStore(own_settings), FIRST_DAY + timedelta(hours=1)
    store.add([NewRating("live", "m0", 5, at)])
    store.withdraw("live")
    store.add([NewRating("live", "m0", stars, at) for stars in (2, 5)])
    ledger.close_next("a")
    assert ledger.ratings_through(1).filter(origin="live")["rating"].to_list() == [2, 5]


def test_what_is_taken_back_later_is_not_learned_from_and_its_chunk_stays_as_it_is(ledger, own_settings):
    store = FeedbackStore(own_settings)
    ledger.close_next("a")
    store.add([NewRating("live", "m0", 5), NewRating("live", "m1", 4), NewRating("stays", "m0", 3)])
    chunk = ledger.close_next("b")
    content = (own_settings.home / chunk.path).read_bytes()
    store.withdraw("live", "m0")
    live = ledger.ratings_through(2).filter(origin="live").select("user_id", "movie_id").rows()
    assert sorted(live) == [("live", "m1"), ("stays", "m0")]
    store.withdraw("live")
    assert ledger.ratings_of(2).filter(origin="live")["user_id"].to_list() == ["stays"]
    assert (own_settings.home / chunk.path).read_bytes() == content


def test_an_erased_user_is_not_learned_from_wherever_the_ratings_came_from(ledger, own_settings):
    close_all(ledger)
    everything = ledger.ratings_through(5)
    FeedbackStore(own_settings).withdraw("u1")
    left = ledger.ratings_through(5)
    assert everything.filter(user_id="u1").height == 2
    assert left.equals(everything.filter(pl.col("user_id") != "u1"))


def test_ratings_of_the_source_that_come_in_later_are_not_those_of_an_erased_user(ledger, own_settings):
    ledger.close_next("a")
    FeedbackStore(own_settings).withdraw("u0")
    close_all(ledger, "b")
    assert ledger.ratings_through(5)["user_id"].unique().sort().to_list() == ["u1", "u2"]


def test_who_rates_again_after_an_erasure_is_learned_from_again(ledger, own_settings):
    store = FeedbackStore(own_settings)
    long_ago = FIRST_DAY + timedelta(hours=1)
    store.add([NewRating("back", "m0", 5, long_ago)])
    ledger.close_next("a")
    store.withdraw("back")
    store.add([NewRating("back", "m0", 2, long_ago), NewRating("back", "m1", 3)])
    ledger.close_next("b")
    live = ledger.ratings_through(2).filter(origin="live").sort("movie_id")
    assert live.select("movie_id", "rating").rows() == [("m0", 2.0), ("m1", 3.0)]


def test_a_lost_chunk_is_rebuilt_with_what_was_taken_back_since(ledger, own_settings):
    store = FeedbackStore(own_settings)
    store.add([NewRating("live", "m0", 5)])
    chunk = ledger.close_next("a")
    store.withdraw("live")
    (own_settings.home / chunk.path).unlink()
    assert ledger.ratings_of(1).filter(origin="live").is_empty()
    assert pl.read_parquet(own_settings.home / chunk.path).filter(origin="live").height == 1
