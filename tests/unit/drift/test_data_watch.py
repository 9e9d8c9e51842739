"""What the data watch says of usual days, of broken ones, and of what people decide."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from matinee.bench.drift import verdicts
from matinee.drift import data_watch
from matinee.drift.data_watch import Comparison, Watched, watch
from matinee.drift.records import StatisticsStore
from matinee.drift.report import report
from matinee.drift.rules import DRIFT_P_VALUE
from matinee.errors import NotFound
from matinee.ratings.ledger.chunks import Chunk
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.ratings.scale import FIVE_STARS
from matinee.settings import Settings
from support import as_environment, two_tastes

pytestmark = pytest.mark.either

DAY = timedelta(days=1)


@pytest.fixture
def own(settings: Settings, tmp_path) -> Settings:
    two_tastes().write_csv(tmp_path / "ratings.csv")
    own = settings.model_copy(update={"data": str(tmp_path / "ratings.csv"), "bootstrap": "15d"})
    for day in range(3):
        ChunkLedger(own).close_next(f"run-{day}")
    return own


def watched(own: Settings, chunk_id: int) -> Watched:
    return watch(own, ChunkLedger(own), StatisticsStore(own), chunk_id)


def with_text(day: pl.DataFrame) -> pl.DataFrame:
    """With ids that can be changed."""
    return day.with_columns(pl.col("user_id", "movie_id").cast(pl.String))


def comparison(own: Settings, change=lambda day: day, n_quarantined: int = 0) -> Comparison:
    """Chunk 3, changed, beside the two before."""
    ledger = ChunkLedger(own)
    chunk = Chunk(**{**vars(ledger.chunk(3)), "n_quarantined": n_quarantined})
    return Comparison(chunk, change(with_text(ledger.ratings_of(3))), ledger.ratings_through(2), DAY, FIVE_STARS)


def compared(own: Settings, change=lambda day: day, n_quarantined: int = 0):
    """Statistics of `comparison`."""
    return comparison(own, change, n_quarantined).statistics()


def repeated(day: pl.DataFrame, times: int) -> pl.DataFrame:
    more = [day.with_columns(pl.col("user_id") + f"-{number}") for number in range(times)]
    return pl.concat(more)


def unknown(day: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return day.with_columns(pl.col(columns).str.replace("^", "x"))


def test_a_usual_day_is_counted_and_beside_its_past(own):
    ratings = ChunkLedger(own).ratings_of(3)
    found = compared(own)
    assert (found.verdict, found.reasons) == ("usual", [])
    assert (found.n_ratings, found.n_users) == (ratings.height, ratings["user_id"].n_unique())
    assert sum(found.rating_histogram.values()) == sum(found.ratings_by_day.values()) == found.n_ratings
    assert list(found.rating_histogram) == ["2.0", "5.0"]
    known = ChunkLedger(own).ratings_through(2)
    assert found.n_new_users == len(set(ratings["user_id"]) - set(known["user_id"])) == 1
    assert found.n_new_movies == 0
    assert found.rating_p_value > 0.001
    per_day = known.group_by(pl.col("rated_at").dt.date()).len()["len"]
    assert found.usual_n_ratings == per_day.median()
    assert found.popularity_overlap is None


def test_a_first_chunk_has_nothing_to_be_compared_with(own):
    found = watched(own, 1).statistics
    assert found.verdict == "usual"
    assert (found.rating_distance, found.popularity_p_value, found.usual_n_ratings) == (None, None, None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda day: day.with_columns(rating=pl.lit(5, pl.Float32)), "are 5.0."),
        (lambda day: repeated(day, 300), "are usual."),
        (lambda day: unknown(day, "movie_id"), "100% of its ratings are of movies that nobody"),
        (lambda day: unknown(day, "movie_id", "user_id"), "nobody has rated"),
        (lambda day: day.clear(), "no ratings"),
    ],
    ids=["all equal", "huge", "unknown movies", "unknown users and movies", "empty"],
)
def test_a_broken_chunk_is_refused_with_a_sentence(own, change, says):
    found = compared(own, change)
    assert found.verdict == "refused"
    assert says in " ".join(found.reasons)


def watches_but(n_stars: int, ratings: pl.DataFrame) -> pl.DataFrame:
    """All but the first are watches; those are ratings of 4 stars."""
    is_star = pl.int_range(pl.len()) < n_stars
    return ratings.with_columns(
        event=pl.when(is_star).then(pl.lit("rating")).otherwise(pl.lit("watch")),
        rating=pl.when(is_star).then(4.0).otherwise(1e9).cast(pl.Float32),
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n_of_past", [0, 200])
def test_one_star_on_a_day_of_watches_refuses_nothing(own, n_of_past):
    ledger = ChunkLedger(own)
    parts = (
        watches_but(n, with_text(each))
        for n, each in ((1, ledger.ratings_of(3)), (n_of_past, ledger.ratings_through(2)))
    )
    found = Comparison(ledger.chunk(3), *parts, DAY, FIVE_STARS).statistics()
    assert (found.verdict, found.rating_histogram) == ("usual", {"4.0": 1})


def test_a_day_of_stars_that_are_all_alike_is_refused_although_others_watched(own):
    ledger = ChunkLedger(own)
    chunk, past = (with_text(each) for each in (ledger.ratings_of(3), ledger.ratings_through(2)))
    watched = watches_but(0, repeated(chunk, 2))
    alike = pl.concat([watches_but(chunk.height, chunk), watched])
    found = Comparison(ledger.chunk(3), alike, past, DAY, FIVE_STARS).statistics()
    assert found.verdict == "refused"
    assert f"All {chunk.height} ratings of {chunk['user_id'].n_unique()} users are 4.0." in found.reasons


def test_a_chunk_most_of_whose_rows_are_unusable_is_refused(own):
    found = compared(own, n_quarantined=10_000)
    assert found.verdict == "refused"
    assert "in quarantine" in found.reasons[0]


def test_of_a_large_past_some_peoples_clusters_are_exchanged_and_all_else_is_of_all_of_it(own, monkeypatch):
    def shares(found: Comparison) -> list[list[float]]:
        return [list(each.past) for each in (found.by_rating, found.by_popularity)]

    whole, sampled = comparison(own), comparison(own)
    of_all = whole.statistics()
    monkeypatch.setattr(data_watch, "MOST_EXCHANGED", whole._past.height // 2)
    of_some = sampled.statistics()
    assert 0 < len(sampled._clusters("group")[1]) < len(whole._clusters("group")[1])
    assert len(sampled._clusters("group")[0]) == len(whole._clusters("group")[0])
    assert shares(sampled) == shares(whole)
    p_values = {"rating_p_value": None, "popularity_p_value": None, "watched_at": whole._chunk.ends_at}
    assert replace(of_some, **p_values) == replace(of_all, **p_values)
    assert compared(own, lambda day: day.with_columns(rating=6 - pl.col("rating"))).rating_p_value <= DRIFT_P_VALUE


def test_new_users_alone_refuse_nothing(own):
    found = compared(own, lambda day: unknown(day, "user_id"))
    assert found.new_user_share == 1
    assert found.verdict != "refused"


def test_one_person_who_loves_everything_refuses_nothing(own):
    found = compared(own, lambda day: day.with_columns(rating=pl.lit(5, pl.Float32), user_id=pl.lit("fan")))
    assert found.verdict != "refused"


def test_ten_times_the_usual_size_is_a_warning(own):
    found = compared(own, lambda day: repeated(day, 20))
    assert found.verdict == "drifted"
    assert "are usual" in found.reasons[0]


def test_a_refused_chunk_is_left_out_until_somebody_accepts_it(own):
    store = StatisticsStore(own)
    broken = compared(own, lambda day: day.with_columns(rating=pl.lit(5, pl.Float32)))
    store.keep(broken)
    assert store.not_learned_from("on") == {3}
    assert store.not_learned_from("off") == set()
    store.decide(3, "accepted", "a sale of classics", "anna")
    assert store.not_learned_from("on") == set()
    store.decide(3, "left_out", "no sale", "anna")
    assert store.not_learned_from("on") == store.not_learned_from("off") == {3}


def test_what_is_left_out_is_no_past_of_the_next(own):
    StatisticsStore(own).decide(2, "left_out", "a test", "anna")
    found = watched(own, 3)
    assert list(found.sizes) == [1]


def test_watching_again_keeps_what_was_found_first(own):
    first = watched(own, 3).statistics
    StatisticsStore(own).decide(2, "left_out", "a test", "anna")
    assert watched(own, 3).statistics == first


def test_a_chunk_that_does_not_exist_is_named(own):
    with pytest.raises(NotFound, match="no chunk 9"):
        watched(own, 9)


def test_the_report_needs_nothing_else_and_escapes_what_it_was_given(own):
    found = watched(own, 3)
    strange = Chunk(**{**vars(found.chunk), "source": "<script>alert(1)</script>"})
    page = report(replace(found, chunk=strange))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page
    assert page.count("<svg") == 3
    assert page.count("<rect") == 2 * 2 + 2 * 6 + 2
    assert "prefers-color-scheme: dark" in page


@pytest.mark.parametrize(
    ("data", "period"), [("ml-100k", "1d"), ("ml-100k", "7d"), pytest.param("ml-1m-half", "7d", marks=pytest.mark.long)]
)
def test_no_real_chunk_is_refused(real_data, tmp_path, data, period, monkeypatch):
    monkeypatch.setattr("matinee.drift.comparison.N_DRAWS", 19)
    settings = Settings(home=tmp_path, data=str(real_data / data), chunk=period, _env_file=None)
    found = [each.verdict for each in verdicts(settings)]
    assert len(found) > 20
    assert "refused" not in found


@pytest.mark.slow
def test_a_broken_day_of_a_whole_data_set_is_counted_and_is_no_past_of_the_next(own, tmp_path):
    broken = pl.col("rated_at").dt.date() == date(2020, 1, 17)
    ratings = two_tastes().with_columns(rating=pl.when(broken).then(pl.lit(3, pl.Float32)).otherwise("rating"))
    ratings.write_csv(tmp_path / "ratings.csv")
    environment = as_environment(own) | {"MATINEE_BOOTSTRAP": "15d"}
    command = [Path(sys.executable).with_name("matinee"), "bench", "watch", "--timeline", tmp_path / "ratings.csv"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"5 chunks after the first: 1 refused, \d drifted\. Chunk 3: All 45 .* are 3\.0\.\n", said)
    found = list(verdicts(own.model_copy(update={"data": str(tmp_path / "ratings.csv")})))
    assert "3.0" not in found[2].rating_histogram
    assert found[2].rating_distance == pytest.approx(0, abs=0.1)


def test_most_of_a_day_from_one_user_is_a_warning_with_what_to_do(own):
    def with_bot(day: pl.DataFrame) -> pl.DataFrame:
        bot = day.with_columns(user_id=pl.lit("bot"), movie_id=pl.format("m{}", pl.int_range(pl.len()) % 40))
        return pl.concat([day, bot.unique("movie_id", maintain_order=True)])

    found = compared(own, with_bot)
    share = found.most_ratings_of_a_user / found.n_ratings
    assert 0.4 < share < 0.5
    assert found.verdict == "drifted"
    assert f"One user gave {share:.0%} of its ratings" in found.reasons[-1]
    assert "matinee erase" in found.reasons[-1]


def test_a_day_that_came_before_is_a_warning_with_what_to_do(own):
    ledger = ChunkLedger(own)
    before = with_text(ledger.ratings_of(2))
    same = before.with_columns(pl.col("rated_at") + DAY, chunk_id=pl.lit(3, before["chunk_id"].dtype))
    found = compared(own, lambda _: same)
    assert found.verdict == "drifted"
    assert "100% of its ratings were in chunk 2 already" in found.reasons[-1]
    assert "matinee watch 3 --leave-out" in found.reasons[-1]
    half = compared(own, lambda day: pl.concat([day, same.head(day.height // 2)]))
    assert "already" not in " ".join(half.reasons)


def test_many_new_users_who_give_one_movie_the_highest_rating_are_a_warning(own):
    def with_shills(day: pl.DataFrame) -> pl.DataFrame:
        shills = day.head(15).with_columns(
            user_id=pl.format("shill{}", pl.int_range(pl.len())),
            movie_id=pl.lit("m99"),
            rating=pl.lit(5, pl.Float32),
        )
        return pl.concat([day, shills])

    found = compared(own, with_shills)
    assert found.verdict == "drifted"
    assert "15 new users gave movie m99 the highest rating" in found.reasons[-1]
    assert "matinee watch 3 --leave-out" in found.reasons[-1]
    of_many_movies = compared(own, lambda day: unknown(day, "user_id"))
    assert of_many_movies.verdict != "drifted"


def test_what_programs_do_is_named_when_somebody_looks_and_is_kept_without_names(own):
    from matinee.stages.stores import Stores  # noqa: PLC0415  a second that the other tests need not pay
    from matinee.stages.watch import watch_chunk  # noqa: PLC0415  as above

    found = watch_chunk(Stores.of(own), 3)
    day = ChunkLedger(own).ratings_of(3)
    busiest = day["user_id"].value_counts(sort=True)["count"].max()
    assert next(iter(found["busiest_users"].values())) == busiest
    assert not any(user_id in str(found["reasons"]) for user_id in day["user_id"].unique())


@pytest.mark.parametrize("data", ["ml-100k", pytest.param("ml-1m-half", marks=pytest.mark.long)])
def test_hardly_any_real_week_is_taken_for_a_programs(real_data, tmp_path, data, monkeypatch):
    monkeypatch.setattr("matinee.drift.comparison.N_DRAWS", 19)
    settings = Settings(home=tmp_path, data=str(real_data / data), chunk="7d", _env_file=None)
    found = list(verdicts(settings))
    warnings = [each for each in found if "matinee" in " ".join(each.reasons)]
    assert len(warnings) <= 0.1 * len(found)
