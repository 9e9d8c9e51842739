"""What every implementation of `Storage` promises; an implementation is added to `storage` and nowhere else."""

import errno
import hashlib
import os
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from faults import DISK_ERRORS, refuse
from matinee.errors import BadData, Damaged, Replaced, StorageError, UsageError
from matinee.storage import FolderStorage, ObjectStorage, Storage, parquet_into, write_json, write_parquet


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage of each kind."""
    if request.param == "folder":
        return FolderStorage(tmp_path / "home")
    return ObjectStorage(request.getfixturevalue("bucket_url"), tmp_path / "copies")


def put(storage: Storage, name: str, text: str) -> str:
    with storage.write(name) as draft:
        draft.path.write_text(text)
        return draft.sha256()


def put_folder(storage: Storage, name: str, **texts: str) -> None:
    with storage.write_folder(name) as draft:
        for file, text in texts.items():
            (draft.path / file).write_text(text)


def test_what_was_written_is_read_back_with_its_sha256(storage):
    sha256 = put(storage, "ratings/chunk-00001.parquet", "stars")
    assert sha256 == hashlib.sha256(b"stars").hexdigest()
    assert storage.read("ratings/chunk-00001.parquet", sha256).read_text() == "stars"


def test_a_name_is_replaced_by_the_last_writer(storage):
    put(storage, "a", "old")
    put(storage, "a", "new")
    assert storage.read("a").read_text() == "new"


def over(storage: Storage, name: str, revision: str | None, text: str) -> None:
    with storage.replace(name, revision) as draft:
        draft.path.write_text(text)


def test_who_replaces_what_is_as_it_was_seen_does_so(storage):
    assert storage.revision("a") is None
    over(storage, "a", None, "one")
    first = storage.revision("a")
    over(storage, "a", first, "two")
    assert storage.read("a").read_text() == "two"
    assert storage.revision("a") not in (None, first)


@pytest.mark.parametrize("seen", ["nothing", "an earlier one"])
def test_who_replaces_what_somebody_else_has_written_since_is_refused(storage, seen):
    if seen == "an earlier one":
        put(storage, "a", "the earlier one")
    revision = storage.revision("a")
    put(storage, "a", "theirs")
    with pytest.raises(Replaced, match="a was written by another process meanwhile"):
        over(storage, "a", revision, "ours")
    assert storage.read("a").read_text() == "theirs"


def test_who_replaces_what_was_deleted_since_is_refused(storage):
    put(storage, "a", "the earlier one")
    revision = storage.revision("a")
    storage.delete("a")
    with pytest.raises(Replaced):
        over(storage, "a", revision, "ours")
    assert not storage.exists("a")


def test_files_that_are_replaced_leave_nothing_each(tmp_path):
    storage = FolderStorage(tmp_path)
    for name in ("a", "b", "c"):
        over(storage, name, None, "one")
        over(storage, name, storage.revision(name), "two")
    assert len([path for path in tmp_path.iterdir() if path.name.startswith(".")]) == 1


def test_of_many_who_replace_the_same_at_once_one_does(tmp_path):
    """In a folder: of object storage it is the server's part, and moto's takes no lock."""
    storage = FolderStorage(tmp_path)
    put(storage, "a", "before")
    revision, done, refused = storage.revision("a"), [], []
    ready = threading.Barrier(4)

    def replace(text: str) -> None:
        ready.wait()
        try:
            over(storage, "a", revision, text)
        except Replaced:
            refused.append(text)
        else:
            done.append(text)

    threads = [threading.Thread(target=replace, args=(f"by {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 3)
    assert storage.read("a").read_text() == done[0]


def test_nobody_sees_a_file_before_its_block_ends(storage):
    put(storage, "a", "old")
    with storage.write("a") as draft, storage.write("b") as other:
        draft.path.write_text("new")
        other.path.write_text("new")
        assert storage.read("a").read_text() == "old"
        assert not storage.exists("b")
        assert list(storage.list()) == ["a"]


def test_a_block_that_raises_leaves_what_was_there(storage):
    put(storage, "a", "old")
    with suppress(BadData), storage.write("a") as draft:
        draft.path.write_text("new")
        raise BadData("no")
    assert storage.read("a").read_text() == "old"


def test_a_discarded_draft_leaves_what_was_there(storage):
    put(storage, "a", "old")
    put_folder(storage, "f", one="1")
    with storage.write("a") as draft, storage.write_folder("f") as folder:
        draft.path.write_text("new")
        draft.discard()
        folder.discard()
    assert storage.read("a").read_text() == "old"
    assert (storage.read("f") / "one").read_text() == "1"


def test_a_file_with_other_bytes_or_none_is_damaged(storage):
    put(storage, "a", "old")
    with pytest.raises(Damaged, match="damaged"):
        storage.read("a", "0" * 64)
    with pytest.raises(Damaged, match="missing"):
        storage.read("b")


def test_a_file_that_changes_after_it_was_verified_is_damaged(storage):
    sha256 = put(storage, "a", "old")
    assert storage.read("a", sha256).read_text() == "old"
    put(storage, "a", "something else")
    with pytest.raises(Damaged):
        storage.read("a", sha256)


def test_a_folder_is_visible_at_once_and_replaces_what_was_there(storage):
    put_folder(storage, "serving/1", old="x", manifest="old")
    with storage.write_folder("serving/1") as draft:
        (draft.path / "manifest").write_text("new")
        assert sorted(path.name for path in storage.read("serving/1").iterdir()) == ["manifest", "old"]
    assert [path.name for path in storage.read("serving/1").iterdir()] == ["manifest"]
    assert (storage.read("serving/1") / "manifest").read_text() == "new"


def test_what_is_directly_in_a_folder_is_listed_in_order(storage):
    put(storage, "impressions/2026-11-25/b.parquet", "")
    put(storage, "impressions/2026-11-24/a.parquet", "")
    put_folder(storage, "serving/1", manifest="")
    assert list(storage.list()) == ["impressions", "serving"]
    assert list(storage.list("impressions")) == ["impressions/2026-11-24", "impressions/2026-11-25"]
    assert list(storage.list("impressions/2026-11-25")) == ["impressions/2026-11-25/b.parquet"]
    assert list(storage.list("serving/1")) == ["serving/1/manifest"]
    assert list(storage.list("nothing")) == []


def test_what_was_written_before_a_moment_is_told_at_any_depth_of_a_folder(storage):
    for name in ("results/day/train/result.json", "results/other.json", "ratings/a"):
        put(storage, name, "1")
    now = datetime.now(UTC)
    assert list(storage.older_than(now - timedelta(minutes=5), "results")) == []
    old = storage.older_than(now + timedelta(minutes=5), "results")
    assert list(old) == ["results/day/train/result.json", "results/other.json"]
    assert list(storage.older_than(now, "nothing")) == []


def test_what_is_deleted_is_gone_and_may_be_deleted_again(storage):
    put(storage, "a", "")
    put_folder(storage, "f/1", one="1")
    for name in ("a", "f/1", "f/1", "never"):
        storage.delete(name)
        assert not storage.exists(name)
    assert list(storage.list("f")) == []


@pytest.mark.parametrize("name", ["", "/a", "../a", "a/../b", ".a", "a/.b"])
def test_what_is_no_name_is_refused(storage, name):
    with pytest.raises(UsageError, match="name"):
        storage.exists(name)


def test_names_may_have_spaces_and_hangul(storage):
    put(storage, "평점 2026/a b.parquet", "x")
    assert list(storage.list("평점 2026")) == ["평점 2026/a b.parquet"]
    assert storage.read("평점 2026/a b.parquet").read_text() == "x"


def test_writers_of_different_names_do_not_disturb_each_other(storage):
    threads = [threading.Thread(target=put, args=(storage, f"many/{n}", str(n))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [storage.read(f"many/{n}").read_text() for n in range(20)] == [str(n) for n in range(20)]


def test_parquet_and_json_are_written_whole(storage):
    frame = pl.DataFrame({"user_id": ["a"]})
    write_parquet(storage, "a.parquet", frame)
    write_json(storage, "a.json", {"영화": 1})
    assert pl.read_parquet(storage.read("a.parquet")).equals(frame)
    assert storage.read("a.json").read_text() == '{\n  "영화": 1\n}\n'


KILLED = """
import os, signal, sys
from pathlib import Path
from matinee.storage import FolderStorage
storage = FolderStorage(Path(sys.argv[1]))
with storage.write("a") as draft, storage.write_folder("f") as folder:
    draft.path.write_text("new")
    (folder.path / "one").write_text("new")
    os.kill(os.getpid(), signal.SIGKILL)
"""


class TestFolder:
    """What only a folder has."""

    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        return tmp_path / "home"

    def test_what_a_killed_writer_left_is_no_file_and_is_tidied(self, home):
        storage = FolderStorage(home)
        put(storage, "a", "old")
        killed = subprocess.run([sys.executable, "-c", KILLED, str(home)], check=False)
        assert killed.returncode == -9
        assert len(list(home.iterdir())) == 3
        assert list(storage.list()) == ["a"]
        put(storage, "a", "new")
        assert sorted(path.name for path in home.iterdir()) == [".f.draft", "a"]
        storage.tidy()
        assert [path.name for path in home.iterdir()] == ["a"]

    def test_a_file_that_changes_within_one_tick_after_it_was_verified_is_damaged(self, home):
        storage = FolderStorage(home)
        sha256 = put(storage, "a", "old")
        path = storage.read("a", sha256)
        before = path.stat()
        path.write_text("new")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        with pytest.raises(Damaged):
            storage.read("a", sha256)

    @pytest.mark.parametrize("code", DISK_ERRORS, ids=errno.errorcode.get)
    @pytest.mark.parametrize("step", ["drafting", "syncing", "publishing"])
    def test_a_disk_that_refuses_a_step_leaves_what_was_there_until_it_recovers(self, home, step, code, monkeypatch):
        storage = FolderStorage(home)
        put(storage, "a", "old")
        put_folder(storage, "f", one="old")
        with monkeypatch.context() as patch:
            refuse(patch, step, code)
            with pytest.raises(StorageError, match=os.strerror(code)):
                put(storage, "a", "new")
            with pytest.raises(StorageError, match=os.strerror(code)):
                put_folder(storage, "g", one="new")
        assert storage.read("a").read_text() == "old"
        assert sorted(path.name for path in home.iterdir()) == ["a", "f"]
        put(storage, "a", "new")
        assert storage.read("a").read_text() == "new"

    @pytest.mark.parametrize("code", DISK_ERRORS, ids=errno.errorcode.get)
    def test_a_disk_that_refuses_to_delete_says_so(self, home, code, monkeypatch):
        storage = FolderStorage(home)
        put(storage, "a", "old")
        refuse(monkeypatch, "deleting", code)
        with pytest.raises(StorageError, match=os.strerror(code)):
            storage.delete("a")
        assert storage.exists("a")

    def test_a_full_disk_is_recognized_behind_an_error_of_polars(self):
        with pytest.raises(OSError, match="No space left"):
            parquet_into(Path("/dev/full"), pl.DataFrame({"a": range(100)}))

    def test_files_and_folders_are_on_the_disk_before_they_are_visible(self, home, monkeypatch):
        steps: list[str] = []
        monkeypatch.setattr(FolderStorage, "_before", lambda _self, step, _name: steps.append(step))
        put(FolderStorage(home), "a", "x")
        assert steps == ["drafting", "syncing", "publishing", "syncing"]
        steps.clear()
        put_folder(FolderStorage(home), "f", one="1")
        assert steps == ["drafting", "syncing", "syncing", "deleting", "publishing", "syncing"]
