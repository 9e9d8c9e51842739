import hashlib
import io
import shutil
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from matinee.errors import BadData, DependencyUnreachable
from matinee.ratings.sources import download
from matinee.ratings.sources.download import Archive, Wheel, fetch
from matinee.storage import FolderStorage


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"folder/{name.replace('_', '.')}", text)
    return buffer.getvalue()


ZIP = zipped(ratings_csv="userId,movieId,rating,timestamp\n", movies_csv="movieId,title,genres\n", tags_csv="large")


@pytest.fixture
def host():
    """A web server on loopback; its `answers` are (status, announced length, bytes) by path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, length, content = server.answers[self.path]
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers = {"/a.zip": (200, len(ZIP), ZIP)}
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def archive(host, monkeypatch):
    """The data set `small`, on the web server."""
    url = f"http://127.0.0.1:{host.server_port}/a.zip"
    known = Archive(url, "sha256", hashlib.sha256(ZIP).hexdigest(), ("ratings.csv", "movies.csv"))
    monkeypatch.setitem(download.ARCHIVES, "small", known)
    return known


def silent(done_bytes, total_bytes):
    """Report nothing."""


@pytest.mark.usefixtures("archive")
def test_a_data_set_is_fetched_verified_and_only_what_is_wanted_unpacked(tmp_path):
    reported = []
    fetch("small", FolderStorage(tmp_path), "raw", lambda done, total: reported.append((done, total)))
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == ["movies.csv", "ratings.csv"]
    assert reported[-1] == (len(ZIP), len(ZIP))
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ((200, 9, b"tampered!"), BadData, "expected"),
        ((200, len(ZIP), ZIP[:-20]), DependencyUnreachable, "cannot be fetched"),
        ((503, 0, b""), DependencyUnreachable, "503"),
    ],
)
def test_a_wrong_or_half_download_is_never_used(host, tmp_path, answer, error, message):
    host.answers["/a.zip"] = answer
    with pytest.raises(error, match=message):
        fetch("small", FolderStorage(tmp_path), "raw", silent)
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_host_is_said_with_what_to_do(monkeypatch, tmp_path, unused_port):
    nowhere = Archive(f"http://127.0.0.1:{unused_port}/a.zip", "sha256", "", ())
    monkeypatch.setitem(download.ARCHIVES, "small", nowhere)
    with pytest.raises(DependencyUnreachable, match="set MATINEE_DATA to that folder"):
        fetch("small", FolderStorage(tmp_path), "raw", silent)


@pytest.fixture
def package_index(tmp_path, monkeypatch):
    """A folder that pip and uv take packages from, with one that holds data."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "some_data-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("some_data/sets/ratings.csv", "userId,movieId,rating,timestamp\n")
        info = "some_data-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: some-data\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        names = ("some_data/sets/ratings.csv", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD")
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    for installer in ("PIP", "UV"):
        monkeypatch.setenv(f"{installer}_NO_INDEX", "1")
        monkeypatch.setenv(f"{installer}_FIND_LINKS", str(folder))
    return folder


def packaged(sha256, requirement="some-data==1.0"):
    return Wheel(requirement, "some_data/sets", {"ratings.csv": sha256})


RIGHT = hashlib.sha256(b"userId,movieId,rating,timestamp\n").hexdigest()


@pytest.mark.slow
@pytest.mark.usefixtures("archive", "package_index")
def test_where_the_host_is_unreachable_the_package_index_may_have_the_data(host, monkeypatch, tmp_path):
    host.answers["/a.zip"] = (404, 0, b"")
    monkeypatch.setitem(download.PACKAGED, "small", packaged(RIGHT))
    fetch("small", FolderStorage(tmp_path), "raw", silent)
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["ratings.csv"]


@pytest.mark.slow
@pytest.mark.usefixtures("archive", "package_index")
def test_a_package_with_other_content_is_refused(host, monkeypatch, tmp_path):
    host.answers["/a.zip"] = (404, 0, b"")
    monkeypatch.setitem(download.PACKAGED, "small", packaged("0" * 64))
    with pytest.raises(BadData, match="not the file that matinee knows"):
        fetch("small", FolderStorage(tmp_path), "raw", silent)
    assert not (tmp_path / "raw").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("package_index")
def test_a_package_that_no_installer_finds_is_said(tmp_path):
    (tmp_path / "files").mkdir()
    with pytest.raises(DependencyUnreachable, match=r"no-such-data==1.0 cannot be fetched from the package index"):
        download.unpack_wheel(packaged(RIGHT, "no-such-data==1.0"), tmp_path / "files")


def left_by(command, folder):
    folder.mkdir()
    complaint = download._complaint_of(command)
    names = [path.name for path in folder.glob("some_data*")]
    shutil.rmtree(folder)
    return complaint, bool(names)


@pytest.mark.slow
@pytest.mark.usefixtures("package_index")
def test_each_installer_of_this_machine_gets_the_package(tmp_path):
    folder = tmp_path / "package"
    left = [left_by(command, folder) for command in download._installers("some-data==1.0", folder)]
    assert left == [("", True)] * len(left)


@pytest.mark.slow
@pytest.mark.usefixtures("package_index")
def test_without_pip_and_uv_python_makes_an_environment_that_has_pip(monkeypatch, tmp_path):
    pytest.importorskip("ensurepip")
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setattr(download, "find_spec", lambda _name: None)
    monkeypatch.setattr(download.shutil, "which", lambda _name, **_: None)
    folder = tmp_path / "package"
    (command,) = download._installers("some-data==1.0", folder)
    assert left_by(command, folder) == ("", True)


def test_an_installer_that_cannot_be_started_is_a_complaint(tmp_path):
    assert "No such file" in download._complaint_of([str(tmp_path / "pip")])


def test_each_named_data_set_has_a_digest_of_its_algorithms_length():
    for archive in download.ARCHIVES.values():
        assert len(archive.digest) == 2 * hashlib.new(archive.algorithm, usedforsecurity=False).digest_size
        assert archive.url.startswith("https://")
