"""Impressions: a file a day, for a stated time, whoever dies meanwhile."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from matinee.stages.prune import impressions
from matinee.stages.prune.impressions import prune_impressions
from matinee.storage import FolderStorage

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def folder(settings):
    return settings.home / "impressions"


def show(folder, day: int, n_files: int = 3) -> None:
    at = datetime(2026, 5, day, tzinfo=UTC) if day else NOW
    for number in range(n_files):
        path = folder / f"{at:%Y-%m-%d}" / f"{number}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = {
            "request_id": [f"{day}-{number}", f"{day}-{number}"],
            "user_id": ["u", None],
            "movie_ids": [["m1", "m2"], []],
            "shown_at": [at + timedelta(hours=number)] * 2,
        }
        pl.DataFrame(rows, schema_overrides={"shown_at": pl.Datetime("us", "UTC")}).write_parquet(path)


def shown(folder) -> pl.DataFrame:
    return pl.read_parquet(folder / "*" / "*.parquet").sort("shown_at", "request_id", "user_id")


def test_a_day_that_is_over_becomes_one_file_with_every_list(settings, folder):
    show(folder, 30)
    show(folder, 0)
    before = shown(folder)
    assert prune_impressions(settings, NOW, dry_run=False).n == 2
    assert [path.name[:4] for path in (folder / "2026-05-30").iterdir()] == ["day-"]
    assert len(list((folder / "2026-06-01").iterdir())) == 3  # today is still written
    assert shown(folder).equals(before)


def test_days_beyond_their_time_are_removed(settings, folder):
    show(folder, 1)
    show(folder, 30)
    short = settings.model_copy(update={"impressions_days": 10})
    removed = prune_impressions(short, NOW, dry_run=False)
    assert (removed.n, removed.detail) == (5, "1 days too old")
    assert [path.name for path in folder.iterdir()] == ["2026-05-30"]


def test_what_is_damaged_or_somebody_else_s_stays_and_all_else_is_compacted(settings, folder):
    show(folder, 29)
    show(folder, 30)
    (folder / "2026-05-29" / "1.parquet").write_bytes(b"PAR1")
    (folder / "2026-05-29" / "notes.txt").write_text("mine")
    (folder / "0-of-somebody").mkdir()
    assert prune_impressions(settings, NOW, dry_run=False).n == 1 + 2
    assert sorted(path.name[:4] for path in (folder / "2026-05-29").iterdir()) == ["1.pa", "day-", "note"]
    assert prune_impressions(settings, NOW, dry_run=False).n == 0
    left = pl.read_parquet(folder / "*" / "day-*.parquet")["request_id"].unique().sort().to_list()
    assert left == ["29-0", "29-2", "30-0", "30-1", "30-2"]
    assert (folder / "0-of-somebody").is_dir()


def test_files_of_a_day_of_an_upgrade_have_all_columns_that_either_had(settings, folder):
    show(folder, 30)
    path = folder / "2026-05-30" / "2.parquet"
    pl.read_parquet(path).with_columns(propensity=pl.lit(0.5)).write_parquet(path)
    prune_impressions(settings, NOW, dry_run=False)
    assert shown(folder)["propensity"].drop_nulls().to_list() == [0.5, 0.5]


def test_a_dry_run_counts_and_removes_nothing(settings, folder):
    show(folder, 30)
    assert prune_impressions(settings, NOW, dry_run=True).n == 2
    assert len(list((folder / "2026-05-30").iterdir())) == 3


@pytest.mark.parametrize("n_deleted", [0, 1, 2])
def test_whoever_dies_while_a_day_is_compacted_nothing_is_lost_or_doubled(settings, folder, monkeypatch, n_deleted):
    show(folder, 30)
    before, deleted = shown(folder), []
    delete = FolderStorage.delete

    def dying(self, name: str) -> None:
        if len(deleted) == n_deleted:
            raise KeyboardInterrupt
        deleted.append(name)
        delete(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(impressions.Storage, "delete", dying, raising=False)
        patch.setattr(FolderStorage, "delete", dying)
        with pytest.raises(KeyboardInterrupt):
            prune_impressions(settings, NOW, dry_run=False)
    prune_impressions(settings, NOW, dry_run=False)
    assert shown(folder).equals(before)


def test_what_a_slow_worker_writes_after_its_day_was_compacted_joins_it(settings, folder):
    show(folder, 30)
    prune_impressions(settings, NOW, dry_run=False)
    show(folder, 30, n_files=1)  # the same list again, and its file once more
    prune_impressions(settings, NOW, dry_run=False)
    assert [path.name[:4] for path in (folder / "2026-05-30").iterdir()] == ["day-"]
    assert shown(folder).height == 6
