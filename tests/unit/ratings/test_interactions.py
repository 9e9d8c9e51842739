"""The interactions of all chunks in a few files are what the chunks hold, whatever becomes of the files."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from matinee import clock
from matinee.ratings.feedback import FeedbackStore, NewRating
from matinee.ratings.interactions import FOLDER, INDEX, KEPT, ClosedChunk, InteractionStore
from matinee.ratings.ledger import ChunkLedger
from matinee.settings import Settings
from matinee.storage.folder import FolderStorage

TODAY = datetime(2026, 11, 26, 12, tzinfo=UTC)
N_CHUNKS = 20


class Chunks:
    """Chunks of some ratings each, whose every reading is noted."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.closed = [ClosedChunk(number + 1, f"sha{number}") for number in range(len(sizes))]
        self.sizes = sizes
        self.were_read: list[int] = []

    def read(self, chunk_id: int) -> pl.DataFrame:
        self.were_read.append(chunk_id)
        size = self.sizes[chunk_id - 1]
        columns = {
            "user_id": "u",
            "movie_id": [f"m{n}" for n in range(size)],
            "rating": 4,
            "rated_at": TODAY,
            "event": "rating",
            "origin": "source",
            "late": False,
            "chunk_id": [chunk_id] * size,
        }
        return pl.DataFrame(columns, schema_overrides=KEPT).select(KEPT.names())

    def all_of(self, wanted: Sequence[int]) -> pl.DataFrame:
        return pl.concat([Chunks(self.sizes).read(chunk_id) for chunk_id in wanted])


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Settings of a home of this test's own."""
    return Settings(home=tmp_path / "home", _env_file=None)


@pytest.fixture
def filled(home: Settings) -> Chunks:
    """Twenty chunks that were added one after the other."""
    chunks = Chunks([5] * N_CHUNKS)
    for n in range(1, N_CHUNKS + 1):
        InteractionStore(home).add(chunks.closed[:n], chunks.read)
    chunks.were_read.clear()
    return chunks


def everything(home: Settings, chunks: Chunks) -> pl.DataFrame:
    return pl.concat(InteractionStore(home).read(chunks.closed, range(1, N_CHUNKS + 1), chunks.read))


def files(home: Settings) -> list[Path]:
    return sorted((home.home / FOLDER).glob("*.parquet"))


@hypothesis_settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=12),
    left_out=st.sets(st.integers(1, 12)),
    kept_up_to=st.integers(0, 12),
)
def test_any_chunks_are_read_as_they_are(tmp_path_factory, sizes, left_out, kept_up_to):
    home = Settings(home=tmp_path_factory.mktemp("home"), _env_file=None)
    chunks = Chunks(sizes)
    for n in range(1, min(kept_up_to, len(sizes)) + 1):
        InteractionStore(home).add(chunks.closed[:n], chunks.read)
    wanted = [each.chunk_id for each in chunks.closed if each.chunk_id not in left_out]
    parts = InteractionStore(home).read(chunks.closed, wanted, chunks.read)
    if wanted:
        assert pl.concat(parts).equals(chunks.all_of(wanted))
    else:
        assert sum(part.height for part in parts) == 0


def test_a_thousand_chunks_are_a_few_files_and_are_not_read_again(home):
    chunks = Chunks([1_000, *[3] * 999])
    for n in (1, *range(940, 1_001)):
        InteractionStore(home).add(chunks.closed[:n], chunks.read)
    chunks.were_read.clear()
    assert pl.concat(InteractionStore(home).read(chunks.closed, range(1, 1_001), chunks.read)).height == 1_000 + 3 * 999
    assert chunks.were_read == []
    assert len(InteractionStore(home)._segments()) <= 12
    assert len(files(home)) <= 24, "those of the index and of the one before"


def test_a_new_chunk_costs_what_it_brings(home, filled):
    filled.closed.append(ClosedChunk(N_CHUNKS + 1, "new"))
    filled.sizes = [5] * (N_CHUNKS + 1)
    InteractionStore(home).add(filled.closed, filled.read)
    assert filled.were_read == [N_CHUNKS + 1]


@pytest.mark.parametrize("harm", ["damage", "remove"])
def test_what_is_damaged_or_gone_is_read_from_the_chunks_and_written_again(home, filled, harm):
    path = files(home)[0]
    path.write_bytes(path.read_bytes()[:-9] + b"damaged!!") if harm == "damage" else path.unlink()
    assert everything(home, filled).equals(filled.all_of(range(1, N_CHUNKS + 1)))
    assert filled.were_read
    InteractionStore(home).add(filled.closed, filled.read)
    filled.were_read.clear()
    assert everything(home, filled).equals(filled.all_of(range(1, N_CHUNKS + 1)))
    assert filled.were_read == []


@pytest.mark.parametrize("content", ["", "[]", "{", '[{"first": 1}]', "7"])
def test_an_index_that_cannot_be_read_is_made_again(home, filled, content):
    (home.home / INDEX).write_text(content)
    assert everything(home, filled).height == 5 * N_CHUNKS
    InteractionStore(home).add(filled.closed, filled.read)
    filled.were_read.clear()
    assert everything(home, filled).height == 5 * N_CHUNKS
    assert filled.were_read == []


@pytest.mark.parametrize("columns", [KEPT.names(), [each for each in KEPT if each != "event"]])
def test_segments_of_before_hold_ids_as_text_and_are_read_alike(home, filled, columns):
    index = json.loads((home.home / INDEX).read_text())
    for segment in index:
        path = home.home / FOLDER / f"{segment['first']:05}-{segment['last']:05}.parquet"
        before = (
            pl.read_parquet(path).select(columns).with_columns(pl.col("user_id", "movie_id", "origin").cast(pl.String))
        )
        before.write_parquet(path)
        segment["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (home.home / INDEX).write_text(json.dumps(index))
    read = everything(home, filled)
    assert read.schema == KEPT
    assert read.equals(filled.all_of(range(1, N_CHUNKS + 1)))
    filled.closed.append(ClosedChunk(N_CHUNKS + 1, "new"))
    filled.sizes = [*[5] * N_CHUNKS, 500]
    InteractionStore(home).add(filled.closed, filled.read)  # merges them all
    filled.were_read.clear()
    wanted = range(1, N_CHUNKS + 2)
    assert pl.concat(InteractionStore(home).read(filled.closed, wanted, filled.read)).equals(filled.all_of(wanted))
    assert filled.were_read == []


def test_segments_of_other_chunks_do_not_count(home, filled):
    """A home was restored from a backup, and went on otherwise."""
    filled.closed[2] = ClosedChunk(3, "another")
    filled.sizes = [5, 5, 7, *[5] * (N_CHUNKS - 3)]
    assert everything(home, filled).equals(filled.all_of(range(1, N_CHUNKS + 1)))


def test_a_disk_that_is_full_is_told_and_nothing_is_lost(home, filled, monkeypatch):
    def refuse(_self: FolderStorage, _step: str, name: str) -> None:
        raise OSError(28, "No space left on device", name)

    filled.closed.append(ClosedChunk(N_CHUNKS + 1, "new"))
    filled.sizes = [5] * (N_CHUNKS + 1)
    with monkeypatch.context() as patch, capture_logs() as said:
        patch.setattr(FolderStorage, "_before", refuse)
        InteractionStore(home).add(filled.closed, filled.read)
    assert ["No space left" in line["error"] for line in said] == [True]
    wanted = range(1, N_CHUNKS + 2)
    assert pl.concat(InteractionStore(home).read(filled.closed, wanted, filled.read)).equals(filled.all_of(wanted))


acts = st.lists(
    st.tuples(st.sampled_from(["grow", "late", "rate", "take back", "erase", "day"]), st.integers(0, 3)),
    min_size=3,
    max_size=14,
)


@pytest.mark.either
@pytest.mark.slow
@hypothesis_settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],  # each example has its own home
)
@given(acts=acts, left_out=st.sets(st.integers(1, 6), max_size=2))
def test_the_ledger_reads_them_as_its_chunks_with_late_ratings_and_without_what_was_taken_back(
    tmp_path_factory, make_settings, acts, left_out
):
    folder = tmp_path_factory.mktemp("live")
    data = folder / "own.csv"
    data.write_text(f"user_id,movie_id,rating,rated_at\nu0,m0,4,{(TODAY - timedelta(days=2)).isoformat()}\n")
    home = make_settings(home=folder / "home", data=str(data), grace="1h")
    now = TODAY
    with clock.pretended(lambda: now):
        feedback = FeedbackStore(home)
        ChunkLedger(home).take("first")
        for number, (act, n) in enumerate(acts):
            if act in ("grow", "late"):
                rated_at = now - timedelta(days=3 if act == "late" else 0, minutes=number)
                with data.open("a") as file:
                    file.write(f"u{n},m{number},4,{rated_at.isoformat()}\n")
            elif act == "rate":
                feedback.add([NewRating(f"u{n}", f"m{n}", 3)])
            elif act == "take back":
                feedback.withdraw(f"u{n}", f"m{n}")
            elif act == "erase":
                feedback.withdraw(f"u{n}")
            else:
                now += timedelta(days=1)
                ChunkLedger(home).take(f"run-{number}")
        ledger = ChunkLedger(home)
        n_chunks = len(ledger.chunks())
        of_each = [ledger.ratings_of(number) for number in range(1, n_chunks + 1) if number not in left_out]
        read = ledger.ratings_through(n_chunks, without=left_out)
    assert read.equals(pl.concat([read.clear(), *of_each]))
    assert files(home)


def test_what_another_machine_has_added_meanwhile_stays(bucket_url, tmp_path):
    one, two = (Settings(home=tmp_path / name, storage=bucket_url, _env_file=None) for name in ("one", "two"))
    chunks = Chunks([5] * N_CHUNKS)
    InteractionStore(one).add(chunks.closed[:2], chunks.read)

    def read_slowly(chunk_id: int) -> pl.DataFrame:
        InteractionStore(two).add(chunks.closed, chunks.read)
        return chunks.read(chunk_id)

    with capture_logs() as told:
        InteractionStore(one).add(chunks.closed[:3], read_slowly)
    assert [each["event"] for each in told] == ["interactions_not_written"]
    chunks.were_read.clear()
    assert everything(one, chunks).equals(chunks.all_of(range(1, N_CHUNKS + 1)))
    assert chunks.were_read == []
