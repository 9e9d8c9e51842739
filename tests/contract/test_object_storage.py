"""Object storage that fails, is slow, or is written by several: retried, or one line, and never half of anything."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import boto3
import pytest

from composing import CHECKOUT
from matinee.errors import Damaged, MatineeError, Replaced, StorageError, StorageUnreachable
from matinee.storage import ObjectStorage, bucket, objects
from matinee.storage.bucket import DOWNLOADS, SINGLE_PUT_BYTES, Bucket
from matinee.storage.cloud import Limits
from object_storage import CREDENTIALS, SECRET

QUICK = Limits(connect_s=1.0, silence_s=2.5, request_s=20.0, retries=3, retry_s=6.0)
LISTING = "list-type=2"


@pytest.fixture
def storage(bucket_url, fault_proxy, tmp_path):  # noqa: ARG001  the proxy is where the environment says
    return ObjectStorage(bucket_url, tmp_path / "copies", QUICK)


@pytest.fixture
def elsewhere(bucket_url, fault_proxy, tmp_path):  # noqa: ARG001
    """The same storage, from a machine that has no copy of anything."""
    return ObjectStorage(bucket_url, tmp_path / "copies elsewhere", QUICK)


def put(storage, name: str, text: str) -> str:
    with storage.write(name) as draft:
        draft.path.write_text(text)
        return draft.sha256()


def put_folder(storage, name: str, **texts: str) -> None:
    with storage.write_folder(name) as draft:
        for file, text in texts.items():
            (draft.path / file).write_text(text)


def everything(storage) -> None:
    """Each operation once."""
    put(storage, "a", "x")
    put_folder(storage, "f", one="1")
    assert storage.read("a").read_text() == "x"
    assert (storage.read("f") / "one").read_text() == "1"
    assert list(storage.list()) == ["a", "f"]
    storage.delete("f")
    assert not storage.exists("f")


@pytest.mark.parametrize("fault", ["500", "503", "drop"])
def test_a_failure_that_passes_is_not_noticed(storage, fault_proxy, fault):
    for method in ("PUT", "HEAD", "GET", "POST"):
        fault_proxy.fail(fault, times=2, method=method)
    everything(storage)


def test_a_slow_storage_is_waited_for(storage, fault_proxy):
    fault_proxy.fail("slow", times=4)
    everything(storage)


@pytest.mark.parametrize("fault", ["cut", "corrupt"])
def test_a_download_that_comes_short_or_with_other_bytes_is_begun_again(storage, elsewhere, fault_proxy, fault):
    put(storage, "a", "some text" * 100)
    fault_proxy.fail(fault, times=DOWNLOADS - 1, method="GET", containing="/a")
    assert elsewhere.read("a").read_text() == "some text" * 100


def test_a_download_that_is_cut_late_is_begun_again_as_well(storage, fault_proxy, bucket_url, tmp_path):
    text = "some text" * 500_000
    put(storage, "a", text)
    fault_proxy.fail("cut", times=1, method="GET", containing="/a")
    of_long_ago = ObjectStorage(bucket_url, tmp_path / "slow", replace(QUICK, retry_s=0.0))
    assert of_long_ago.read("a").read_text() == text


@pytest.mark.parametrize("fault", ["500", "503", "drop", "silent"])
def test_a_storage_that_stays_away_is_told_after_a_bounded_time(storage, elsewhere, fault_proxy, fault):
    put(storage, "a", "x")
    fault_proxy.fail(fault)
    for ask in (lambda: elsewhere.read("a"), lambda: put(storage, "b", "x"), storage.list):
        began = time.monotonic()
        with pytest.raises(StorageUnreachable, match="does not answer") as told:
            ask()
        assert time.monotonic() - began < 30
        one_line_without_a_secret(told.value)
        assert told.value.exit_code == 4
    fault_proxy.recover()
    assert elsewhere.read("a").read_text() == "x"
    assert not storage.exists("b")


def test_a_download_that_is_always_cut_is_told(storage, elsewhere, fault_proxy):
    put(storage, "a", "some text" * 100)
    fault_proxy.fail("cut", method="GET", containing="/a")
    with pytest.raises(StorageUnreachable) as told:
        elsewhere.read("a")
    one_line_without_a_secret(told.value)


@pytest.mark.parametrize(
    ("fault", "says"),
    [("403", r"refuses \(403 AccessDenied\)\. Check the credentials"), ("expired", "the credentials have expired")],
)
def test_a_storage_that_refuses_is_told_at_once(storage, elsewhere, fault_proxy, fault, says):
    put(storage, "a", "x")
    fault_proxy.fail(fault)
    asked = (
        lambda: elsewhere.read("a"),
        lambda: elsewhere.exists("a"),
        lambda: put(storage, "b", "x"),
        lambda: put_folder(storage, "f", one="1"),
        storage.list,
        lambda: storage.delete("a"),
    )
    for ask in asked:
        began = time.monotonic()
        with pytest.raises(StorageError, match=says) as told:
            ask()
        assert time.monotonic() - began < 10
        one_line_without_a_secret(told.value)
        assert told.value.exit_code == 1


def test_a_missing_bucket_is_told_whatever_is_asked(fault_proxy, tmp_path):  # noqa: ARG001
    storage = ObjectStorage("s3://not-there/home", tmp_path, QUICK)
    asked = (
        lambda: storage.read("a"),
        lambda: storage.exists("a"),
        lambda: put(storage, "a", "x"),
        storage.list,
        lambda: storage.delete("a"),
    )
    for ask in asked:
        with pytest.raises(StorageError, match="there is no such bucket"):
            ask()


def test_missing_credentials_are_told(storage, monkeypatch, tmp_path):
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9/169.254.169.254")
    with pytest.raises(StorageError, match="no credentials were found"):
        storage.exists("a")
    (tmp_path / "profiles").write_text(f"[other]\naws_access_key_id = k\naws_secret_access_key = {SECRET}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "profiles"))
    monkeypatch.setenv("AWS_PROFILE", "other")
    in_a_profile = ObjectStorage(storage._bucket.url, tmp_path, QUICK)
    assert not in_a_profile.exists("a")


@pytest.mark.parametrize(
    "config",
    ["region = us-east-1", f"credential_process = sh -c 'echo {SECRET}; exit 1'", "role_arn = arn:aws:iam::1:role/a"],
)
def test_amazons_files_that_give_no_credentials_are_told(bucket_url, monkeypatch, tmp_path, config):
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(f"[default]\n{config}\n")
    for profile in ("default", "nobody"):
        monkeypatch.setenv("AWS_PROFILE", profile)
        with pytest.raises(StorageError, match="no credentials were found by Amazon's files") as told:
            ObjectStorage(bucket_url, tmp_path, QUICK).exists("a")
        one_line_without_a_secret(told.value)


def one_line_without_a_secret(error: MatineeError) -> None:
    assert "\n" not in str(error)
    assert len(str(error)) < 200
    assert SECRET not in str(error)
    assert CREDENTIALS["AWS_ACCESS_KEY_ID"] not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_what_arrives_with_other_bytes_is_told_when_it_is_written(storage, fault_proxy):
    fault_proxy.fail("corrupt", times=1, method="PUT")
    with pytest.raises(StorageError, match="comes back with other bytes"):
        put(storage, "a", "x")


def test_what_is_damaged_in_the_storage_is_told_by_whoever_reads_it(storage, elsewhere, fault_proxy):
    put(storage, "a", "x")
    put_folder(storage, "f", one="1")
    fault_proxy.fail("corrupt", method="GET", containing="home")
    for name in ("a", "f"):
        with pytest.raises(Damaged, match="SHA-256"):
            elsewhere.read(name)


def test_a_copy_that_is_damaged_is_fetched_again(storage):
    sha256 = put(storage, "a", "old")
    put_folder(storage, "f", one="1")
    for path in (storage.read("a", sha256), storage.read("f") / "one"):
        before = path.read_text()
        path.write_text("damaged")
        assert storage.read("a", sha256).read_text() == "old"
        assert (storage.read("f") / "one").read_text() == "1"
        assert path.read_text() == before


def test_what_is_read_again_is_not_downloaded_again(storage, elsewhere, fault_proxy):
    put(storage, "a", "x")
    put_folder(storage, "f", one="1", two="2")
    for name in ("a", "f"):
        elsewhere.read(name)
    fault_proxy.seen.clear()
    for name in ("a", "f"):
        elsewhere.read(name)
    downloads = [path for method, path in fault_proxy.seen if method == "GET"]
    assert [path.rpartition("/")[2] for path in downloads] == ["f"]  # what the folder has, and no file of it


def test_readers_never_go_by_a_listing(storage, elsewhere, fault_proxy):
    put(storage, "a/b", "x")
    put_folder(storage, "f/1", one="1")
    assert not elsewhere.exists("b")  # from here on it knows that there is a bucket
    fault_proxy.fail("500", containing=LISTING)
    assert elsewhere.read("a/b").read_text() == "x"
    assert [path.name for path in elsewhere.read("f/1").iterdir()] == ["one"]
    assert elsewhere.exists("f/1")
    assert elsewhere.exists("f/1/one")
    assert not elsewhere.exists("f/1/two")


def test_the_object_that_makes_a_folder_visible_is_put_last_and_removed_first(storage, fault_proxy, monkeypatch):
    put_folder(storage, "f", one="1", two="2")
    written = [path.rpartition("/")[2] for method, path in fault_proxy.seen if method == "PUT"]
    assert written == ["one", "two", "f"]
    removed: list[str] = []
    delete = Bucket.delete

    def noted(self, keys):
        removed.extend(key.rpartition("/")[2] for key in keys)
        delete(self, keys)

    monkeypatch.setattr(Bucket, "delete", noted)
    storage.delete("f")
    assert removed == ["f", "one", "two"]


def test_whoever_has_begun_to_read_a_folder_finds_its_files_when_it_is_replaced(storage, elsewhere, monkeypatch):
    put_folder(storage, "f", one="old", two="old")
    folder = ObjectStorage._folder

    def then_replaced(self, name, stored):
        found = folder(self, name, stored)
        monkeypatch.setattr(ObjectStorage, "_folder", folder)
        put_folder(storage, "f", one="new", two="new")
        return found

    with monkeypatch.context():
        monkeypatch.setattr(ObjectStorage, "_folder", then_replaced)
        texts = {path.read_text() for path in elsewhere.read("f").iterdir()}
    assert texts == {"old"}


def test_a_file_that_is_replaced_while_it_is_read_is_read_again_from_the_start(storage, elsewhere, monkeypatch):
    put(storage, "a", "old")
    head = Bucket.head

    def then_replaced(self, key):
        found = head(self, key)
        monkeypatch.setattr(Bucket, "head", head)
        put(storage, "a", "new")
        return found

    monkeypatch.setattr(Bucket, "head", then_replaced)
    assert elsewhere.read("a").read_text() == "new"


KILLED = """
import os, signal, sys
from pathlib import Path
from matinee.storage import ObjectStorage
storage = ObjectStorage(sys.argv[1], Path(sys.argv[2]))
put, n_puts = storage._bucket.put, []
def dying(*given):
    if len(n_puts) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    n_puts.append(put(*given))
    return n_puts[-1]
storage._bucket.put = dying
with storage.write_folder("f") as folder:
    (folder.path / "one").write_text("new")
    (folder.path / "two").write_text("new")
"""


@pytest.mark.parametrize("n_puts", [1, 2])
def test_a_folder_of_a_writer_that_was_killed_is_never_seen_and_goes_when_it_is_old(
    storage, bucket_url, tmp_path, monkeypatch, n_puts
):
    put_folder(storage, "f", one="old")
    before = sorted(key for key, _ in storage._bucket.keys(""))
    command = [sys.executable, "-c", KILLED, bucket_url, str(tmp_path / "killed"), str(n_puts)]
    assert subprocess.run(command, check=False).returncode == -9
    assert [path.read_text() for path in storage.read("f").iterdir()] == ["old"]
    assert list(storage.list()) == ["f"]
    storage.tidy()
    assert len(list(storage._bucket.keys(""))) == len(before) + n_puts  # somebody may be at it
    monkeypatch.setattr(objects, "UNFINISHED", objects.UNFINISHED * 0)
    storage.tidy("other")
    assert len(list(storage._bucket.keys(""))) == len(before) + n_puts
    storage.tidy()
    assert sorted(key for key, _ in storage._bucket.keys("")) == before
    assert [path.read_text() for path in storage.read("f").iterdir()] == ["old"]


def test_a_damaged_folder_keeps_what_is_its_own_and_no_other_from_being_tidied(
    storage, bucket_url, tmp_path, monkeypatch
):
    put_folder(storage, "damaged", one="kept")
    (its_file,) = (key for key, _ in storage._bucket.keys(".parts"))
    stored = storage._bucket.head("damaged")
    storage._bucket.put("damaged", b"{}", stored.sha256, "folder")
    subprocess.run([sys.executable, "-c", KILLED, bucket_url, str(tmp_path / "killed"), "1"], check=False)
    monkeypatch.setattr(objects, "UNFINISHED", objects.UNFINISHED * 0)
    storage.tidy()
    assert [key for key, _ in storage._bucket.keys(".parts")] == [its_file]


def test_a_file_of_another_program_is_read_by_its_name(storage, elsewhere):
    import obstore  # noqa: PLC0415  an extra

    obstore.put(storage._bucket._store, "a", b"x")
    assert elsewhere.read("a").read_text() == "x"
    obstore.put(storage._bucket._store, "a", b"y")
    assert elsewhere.read("a").read_text() == "y"


def test_a_large_file_is_sent_in_parts_and_visible_at_once(bucket_url, elsewhere, fault_proxy, tmp_path):
    storage = ObjectStorage(bucket_url, tmp_path / "copies")
    content = b"0123456789" * (SINGLE_PUT_BYTES // 9)
    fault_proxy.fail("500", times=2, method="PUT")
    with storage.write("large") as draft:
        draft.path.write_bytes(content)
        sha256 = draft.sha256()
    assert elsewhere.read("large", sha256).read_bytes() == content


def over(storage, name: str, revision: str | None, content: str) -> None:
    with storage.replace(name, revision) as draft:
        draft.path.write_text(content)


@pytest.mark.parametrize("fault", ["lost", "drop", "500", "silent"])
@pytest.mark.parametrize("seen", [False, True])
def test_what_is_replaced_is_so_once_although_an_answer_is_lost(storage, elsewhere, fault_proxy, seen, fault):
    if seen:
        put(storage, "a", "before")
    revision = storage.revision("a")
    fault_proxy.fail(fault, times=2, method="PUT")
    over(storage, "a", revision, "after")
    assert elsewhere.read("a").read_text() == "after"


LARGE = SINGLE_PUT_BYTES + 1


@pytest.mark.parametrize("size", [1_000, LARGE])
@pytest.mark.parametrize("seen", [False, True])
def test_a_file_is_replaced_only_as_it_was_seen(storage, elsewhere, monkeypatch, seen, size):
    if seen:
        put(storage, "a", "before")
    revision, send = storage.revision("a"), storage._bucket.put

    def after_them(*arguments):
        put(elsewhere, "a", "theirs")  # after all that could be compared before
        return send(*arguments)

    monkeypatch.setattr(storage._bucket, "put", after_them)
    with pytest.raises(Replaced):
        over(storage, "a", revision, "o" * size)
    assert elsewhere.read("a").read_text() == "theirs"


@pytest.mark.parametrize("fault", ["lost", "drop", "500"])
def test_a_large_file_is_replaced_once_although_an_answer_is_lost(storage, elsewhere, fault_proxy, fault):
    put(storage, "a", "before")
    revision = storage.revision("a")
    fault_proxy.fail(fault, times=1, method="PUT")
    over(storage, "a", revision, "o" * LARGE)
    assert len(elsewhere.read("a").read_text()) == LARGE


def test_what_no_request_can_send_is_told(storage, monkeypatch):
    monkeypatch.setattr(bucket, "CONDITION_BYTES", 10)
    over(storage, "a", None, "o" * 10)
    with pytest.raises(StorageError, match=r"too large for one request.*MATINEE_BOOTSTRAP"):
        over(storage, "b", None, "o" * 11)
    put(storage, "b", "o" * 11)


@pytest.mark.parametrize("size", [3_000_000, LARGE])
def test_a_slow_line_is_not_a_storage_that_is_silent(bucket_url, fault_proxy, tmp_path, size):
    storage = ObjectStorage(bucket_url, tmp_path / "copies", replace(QUICK, silence_s=0.5))
    storage.revision("a")
    fault_proxy.fail("slow", method="PUT")  # longer than 0.5 s, as a line that sends 3 MB in a second
    put(storage, "a", "o" * size)
    with pytest.raises(StorageUnreachable):
        put(storage, "a", "little")


FORKED = """
import os, signal, sys
from pathlib import Path
from matinee.errors import StorageError
from matinee.storage import ObjectStorage
storage = ObjectStorage(sys.argv[1], Path(sys.argv[2]))
if sys.argv[3] == "before":
    storage.exists("a")
child = os.fork()
if child == 0:
    signal.alarm(60)
    try:
        storage.exists("a")
    except StorageError as error:
        os._exit(3 if "fork" in str(error) else 4)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize(("used", "code"), [("before", 3), ("after", 0)])
def test_a_fork_uses_it_only_if_its_parent_has_not(bucket_url, tmp_path, used, code):
    command = [sys.executable, "-c", FORKED, bucket_url, str(tmp_path), used]
    assert subprocess.run(command, check=False, timeout=100).returncode == code


def test_the_rule_that_ends_unfinished_uploads_is_one_that_s3_takes(bucket_url, s3_server):
    told = (CHECKOUT / "docs" / "scaling.md").read_text().partition("--lifecycle-configuration '")[2].partition("'")[0]
    client, bucket = boto3.client("s3", endpoint_url=s3_server), bucket_url.removeprefix("s3://").partition("/")[0]
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=json.loads(told))
    (rule,) = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
