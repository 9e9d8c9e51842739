"""A home goes into a file and comes back as it was, and nothing else ever comes back."""

import os
import sqlite3
import stat
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from matinee import credentials
from matinee.errors import BadData, Refused, UsageError
from matinee.lifecycle.history import History
from matinee.local import backup, commands, state
from matinee.local import restore as restoring
from matinee.local.backup import back_up
from matinee.local.restore import restore
from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.settings import Settings


@pytest.fixture
def own(settings, ratings, tmp_path) -> Settings:
    """A home with a chunk, a rating that waits, a line of history, a secret and a folder of PostgreSQL's kind."""
    ratings.write_csv(tmp_path / "ratings.csv")
    own = settings.model_copy(update={"data": str(tmp_path / "ratings.csv")})
    ChunkLedger(own).close_next("run-1")
    FeedbackStore(own).add([NewRating("anna", "m1", 5)])
    History(own).record("promoted", "1", None, "first")
    credentials.secret(own.home, "postgres_password")
    (own.home / "postgres" / "pg_empty").mkdir(parents=True, mode=0o700)
    (own.home / "postgres" / "postmaster.pid").write_text("1")
    (own.home / "workers").mkdir()
    (own.home / "workers" / "counter_7.db").write_bytes(b"what the metrics library writes")
    return own


@pytest.fixture
def archive(own, tmp_path) -> Path:
    back_up(own, tmp_path / "saved.tar.gz")
    return tmp_path / "saved.tar.gz"


def elsewhere(own: Settings, tmp_path: Path) -> Settings:
    return own.model_copy(update={"home": tmp_path / "other" / "home"})


def test_a_restored_home_has_everything_as_it_was(own, archive, tmp_path):
    other = elsewhere(own, tmp_path)
    restore(other, archive)
    assert ChunkLedger(other).ratings_of(1).equals(ChunkLedger(own).ratings_of(1))
    assert [each.reason for each in History(other).events()] == ["first"]
    assert ChunkLedger(other).close_next("run-2").n_live == 1
    assert credentials.secret(other.home, "postgres_password") == credentials.secret(own.home, "postgres_password")
    assert (other.home / "postgres" / "pg_empty").is_dir()
    assert (other.home / "workers" / "counter_7.db").read_bytes() == b"what the metrics library writes"
    assert not (other.home / "postgres" / "postmaster.pid").exists()


def test_secrets_and_the_archive_are_for_their_owner_only(own, archive, tmp_path):
    other = elsewhere(own, tmp_path)
    restore(other, archive)
    for path in (archive, other.home / "secrets" / "postgres_password"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_home_that_runs_is_neither_backed_up_nor_replaced(own, archive, tmp_path):
    with state.take_lock(own.home):
        with pytest.raises(Refused, match="matinee down"):
            back_up(own, tmp_path / "second.tar.gz")
        with pytest.raises(Refused, match="matinee down"):
            restore(own, archive, replace=True)
    assert not (tmp_path / "second.tar.gz").exists()


def test_a_home_that_is_not_empty_is_replaced_only_when_told_and_kept_aside(own, archive):
    (own.home / "new").write_text("since the backup")
    with pytest.raises(UsageError, match="--replace"):
        restore(own, archive)
    aside = Path(restore(own, archive, replace=True)["aside"])
    assert (aside / "new").read_text() == "since the backup"
    assert not (own.home / "new").exists()
    assert ChunkLedger(own).chunk(1).state == "closed"


@pytest.mark.slow
def test_a_home_that_a_killed_restore_has_left_empty_is_not_begun_anew_and_the_next_restore_clears_away(own, archive):
    kill_before_the_second_rename = (
        "import os, sys; from pathlib import Path; from matinee.local.restore import restore;"
        "from matinee.settings import Settings; rename = Path.rename;"
        "Path.rename = lambda path, to: os._exit(9) if path.name == 'home' and to.name == 'home' else rename(path, to);"
        "restore(Settings(home=sys.argv[1]), Path(sys.argv[2]), replace=True)"
    )
    command = [sys.executable, "-c", kill_before_the_second_rename, str(own.home), str(archive)]
    assert subprocess.run(command, check=False).returncode == 9
    with pytest.raises(Refused, match="ended in the middle"):
        commands.start(own)
    restore(own, archive)
    assert ChunkLedger(own).chunk(1).state == "closed"
    assert [path.name for path in own.home.parent.iterdir() if "restoring" in path.name] == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "empty"])
def test_a_damaged_archive_is_refused_and_leaves_nothing(own, archive, tmp_path, damage):
    data = bytearray(archive.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "flipped":
        data[len(data) // 2] ^= 0xFF
    archive.write_bytes({"foreign": b"hello", "empty": b""}.get(damage, bytes(data)))
    other = elsewhere(own, tmp_path)
    with pytest.raises(BadData, match="damaged"):
        restore(other, archive)
    assert [path.name for path in other.home.rglob("*")] == ["supervisor.lock"]
    assert list(other.home.parent.iterdir()) == [other.home]


def repacked(archive: Path, folder: Path, change) -> None:
    """The archive with changed contents and sound compression."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    change(folder)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, ".")


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "secrets" / "postgres_password").write_text("mine"),
        lambda folder: (folder / "extra").write_text("more"),
        lambda folder: (folder / "secrets" / "postgres_password").unlink(),
        lambda folder: (folder / backup.LIST).unlink(),
    ],
    ids=["changed", "added", "removed", "no list"],
)
def test_an_archive_whose_content_is_not_what_it_lists_is_refused(own, archive, tmp_path, change):
    repacked(archive, tmp_path / "unpacked", change)
    with pytest.raises(BadData, match="nothing was changed"):
        restore(elsewhere(own, tmp_path), archive)


def test_an_archive_of_a_newer_matinee_says_so(own, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(restoring, "FORMAT_VERSION", 0)
    with pytest.raises(BadData, match="newer"):
        restore(elsewhere(own, tmp_path), archive)


def test_a_full_disk_leaves_no_half_an_archive(own, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        back_up(own, tmp_path / "saved.tar.gz")
    assert [path for path in tmp_path.iterdir() if "saved" in path.name] == []


@pytest.mark.parametrize("name", ["saved.tar.gz", "home/saved.tar.gz"])
def test_an_archive_replaces_no_file_and_never_holds_itself(own, archive, tmp_path, name):
    before = archive.read_bytes()
    with pytest.raises(UsageError, match="somewhere else"):
        back_up(own, tmp_path / name)
    assert archive.read_bytes() == before


def test_a_folder_that_does_not_exist_is_named(own, tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        back_up(own, tmp_path / "nowhere" / "saved.tar.gz")


def test_what_lies_behind_a_link_out_of_the_home_is_in_the_backup(own, tmp_path):
    disk = tmp_path / "large disk"
    (disk / "artifacts" / "1").mkdir(parents=True)
    (disk / "artifacts" / "1" / "model").write_text("large")
    (disk / "note").write_text("small")
    (own.home / "mlartifacts").symlink_to(disk / "artifacts")
    (own.home / "note").symlink_to(disk / "note")
    back_up(own, tmp_path / "saved.tar.gz")
    other = elsewhere(own, tmp_path)
    restore(other, tmp_path / "saved.tar.gz")
    assert (other.home / "mlartifacts" / "1" / "model").read_text() == "large"
    assert (other.home / "note").read_text() == "small"
    assert not (other.home / "mlartifacts").is_symlink()


def test_a_link_within_the_home_is_one_in_the_restored_home(own, tmp_path):
    (own.home / "logs").mkdir(exist_ok=True)
    (own.home / "logs" / "today").mkdir()
    (own.home / "logs" / "today" / "log").write_text("a line")
    (own.home / "logs" / "latest").symlink_to(own.home / "logs" / "today")
    back_up(own, tmp_path / "saved.tar.gz")
    other = elsewhere(own, tmp_path)
    restore(other, tmp_path / "saved.tar.gz")
    assert (other.home / "logs" / "latest").resolve() == (other.home / "logs" / "today").resolve()
    assert (other.home / "logs" / "latest" / "log").read_text() == "a line"


@pytest.mark.parametrize("target", ["nowhere", "."])
def test_a_link_that_leads_nowhere_or_in_a_circle_is_refused(own, tmp_path, target):
    (own.home / "link").symlink_to(tmp_path / target)
    archive = (tmp_path / "elsewhere") / "saved.tar.gz"
    archive.parent.mkdir()
    with pytest.raises(Refused, match="link"):
        back_up(own, archive)
    assert not archive.exists()


def test_each_hard_link_to_a_file_is_a_whole_file_in_the_backup(own, tmp_path):
    secret = own.home / "secrets" / "postgres_password"
    secret.with_name(".postgres_password.7.0a0b0c0d").hardlink_to(secret)  # of a process that was killed
    back_up(own, tmp_path / "linked.tar.gz")
    other = elsewhere(own, tmp_path)
    restore(other, tmp_path / "linked.tar.gz")
    for path in (other.home / "secrets").iterdir():
        assert path.read_text() == secret.read_text()


def test_an_archive_of_an_older_version_with_hard_links_is_restored(own, tmp_path, monkeypatch):
    secret = own.home / "secrets" / "postgres_password"
    link = secret.with_name(".postgres_password.7.0a0b0c0d")
    link.hardlink_to(secret)

    def as_it_was_added(tar, path, content, name):
        member = tar.gettarinfo(content.resolve(), name)
        member.mode = path.stat().st_mode
        reader = backup._Hashing(content.open("rb"))
        with reader._file:
            tar.addfile(member, reader)
        return reader.sha256.hexdigest()

    monkeypatch.setattr(backup, "_add", as_it_was_added)
    back_up(own, tmp_path / "linked.tar.gz")
    with tarfile.open(tmp_path / "linked.tar.gz") as tar:
        assert [each.name for each in tar if each.islnk()] == ["secrets/postgres_password"]
    other = elsewhere(own, tmp_path)
    restore(other, tmp_path / "linked.tar.gz")
    assert (other.home / "secrets" / link.name).read_text() == secret.read_text()


@pytest.mark.parametrize("n_bytes", [16, 100, 5000])
def test_what_is_no_readable_database_is_in_the_backup_as_it_is(own, tmp_path, n_bytes):
    with closing(sqlite3.connect(tmp_path / "whole.db")) as whole:
        whole.execute("create table movies as select zeroblob(10000) as title")
    half = (tmp_path / "whole.db").read_bytes()[:n_bytes]
    (own.home / "matinee.db.copy").write_bytes(half)
    back_up(own, tmp_path / "half.tar.gz")
    other = elsewhere(own, tmp_path)
    restore(other, tmp_path / "half.tar.gz")
    assert (other.home / "matinee.db.copy").read_bytes() == half
    assert ChunkLedger(other).ratings_of(1).equals(ChunkLedger(own).ratings_of(1))
