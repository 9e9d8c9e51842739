"""The model store: verified versions on disk, one folder each, and a pointer to the one that is deployed.

    serving/deployed.json             version, run_id, metrics, deployed_at, what was in production then, and the last
                                      versions that were deployed
    serving/<version>/                a verified artifact, and version.json
    serving/.<version>.*.draft/       a download that is not finished

A version's folder appears at once when it is complete and verified, then the pointer moves at once: whatever is killed
at whatever moment, the pointer names a folder that loads. `load` verifies it again each time. All workers of a server
read the store; the one that holds `swapping` writes to it.
"""

import asyncio
import fcntl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import structlog
from pydantic import ValidationError

from matinee import artifact
from matinee.clients.mlflow_rest import NAME
from matinee.errors import BadData, StorageError
from matinee.serving.model.served import Registered, ServedModel
from matinee.storage import FolderStorage, disk_errors

log = structlog.get_logger()

KEPT = 3
"""Versions that stay on disk, the deployed one among them."""

LOCK_INTERVAL_S = 0.02
"""How often a swap that waits for another one looks whether it has ended."""

POINTER, RECORD = "deployed.json", "version.json"


class Deployed(Registered):
    """The pointer: what `deployed.json` says."""

    name: str = NAME
    deployed_at: datetime
    recent: list[str]
    """Versions in the order of their last deployment, newest first."""
    production: tuple[str, str] | None = None
    """Version and run that were in production when this was deployed: a later change there is news."""


class ModelStore:
    """The folder `serving/` of a home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._storage = FolderStorage(folder)

    @asynccontextmanager
    async def swapping(self) -> AsyncIterator[None]:
        """Hold the lock of the store: of all workers only its holder writes. A holder that dies has released it."""
        with self._lock_file() as file:
            while not _try_lock(file):  # noqa: ASYNC110  the holder is another process, which sets no event
                await asyncio.sleep(LOCK_INTERVAL_S)
            self._storage.tidy()
            yield

    def remove_unfinished(self) -> None:
        """Remove the drafts of killed processes, unless a swap is under way."""
        with self._lock_file() as file:
            if _try_lock(file):
                self._storage.tidy()
                self._remove_indexes()

    def _lock_file(self) -> IO[str]:
        path = self._folder.with_name(f".{self._folder.name}.lock")
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("w")

    def pointer_stamp(self) -> tuple[int, int] | None:
        """A value that differs after the pointer has moved, cheap to read; None when there is no pointer."""
        try:
            found = (self._folder / POINTER).stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    def deployed(self) -> Deployed | None:
        """The pointer; None before the first deployment, or when it cannot be read."""
        path = self._folder / POINTER
        if not path.exists():
            return None
        try:
            return Deployed.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            log.warning("deployed_pointer_unreadable", path=str(path), error=str(error))
            return None

    def versions(self) -> list[str]:
        """Versions on disk: the deployed one, those deployed before it, then any other, newest first."""
        deployed = self.deployed()
        recent = deployed.recent if deployed else []
        folders = [self._storage.read(name) for name in self._storage.list() if name[0].isdigit()]
        others = sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)
        known = {path.name for path in folders}
        return [v for v in recent if v in known] + [path.name for path in others if path.name not in recent]

    def registered(self, version: str) -> Registered | None:
        """What the registry said of `version` when it was stored; None when it is not in the store."""
        try:
            return Registered.model_validate_json((self._folder / version / RECORD).read_bytes())
        except (OSError, ValidationError):
            return None

    def load(self, version: str, *, is_verified: bool = False) -> ServedModel:
        """Map a version and verify it.

        Args:
            version: one that is in the store.
            is_verified: another worker has just verified the files, so only the answers are checked here.

        Raises:
            BadData: it is damaged.
        """
        registered = self.registered(version)
        if registered is None:
            raise BadData(f"Version {version} on disk has no readable {RECORD}.", "Deploy it again: matinee deploy.")
        return ServedModel.of(artifact.load(self._folder / version, is_verified=is_verified), registered)

    @contextmanager
    def draft(self, version: str) -> Iterator[Path]:
        """An empty folder to download to, on the same disk; it is gone after the block."""
        with disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            folder = tempfile.TemporaryDirectory(
                prefix=f".{version}.", suffix=".draft", dir=self._folder, ignore_cleanup_errors=True
            )
        with folder as path:
            yield Path(path)

    def verified(self, download: Path, registered: Registered) -> ServedModel:
        """The model in the folder `download`, ready to answer also when `commit` has moved its files.

        Raises:
            BadData: the artifact is not what it should be.
        """
        return ServedModel.of(artifact.load(download), registered)

    def commit(self, download: Path, registered: Registered) -> None:
        """Make what was downloaded and verified the folder of its version; the folder `download` is then empty."""
        # Only a damaged folder, or one of another registry, can be in the way.
        with self._storage.write_folder(registered.version) as draft:
            for path in download.iterdir():
                path.rename(draft.path / path.name)
            (draft.path / RECORD).write_text(registered.model_dump_json(indent=2))

    def point_to(self, registered: Registered, production: Registered | None) -> None:
        """Move the pointer to a version in the store, and remove all but the last `KEPT` deployed ones."""
        before = self.deployed()
        others = [version for version in (before.recent if before else []) if version != registered.version]
        recent = [registered.version, *others][:KEPT]
        pointer = Deployed(
            **registered.model_dump(include=set(Registered.model_fields)),
            deployed_at=datetime.now(UTC),
            recent=recent,
            production=production.key if production else None,
        )
        with self._storage.write(POINTER) as draft:
            draft.path.write_text(pointer.model_dump_json(indent=2))
        for version in set(self.versions()) - set(recent):
            self._remove(version)

    def discard(self, version: str) -> None:
        """Remove a version that was stored for a swap that failed, unless it had been deployed before."""
        deployed = self.deployed()
        if deployed is None or version not in deployed.recent:
            self._remove(version)

    def _remove(self, version: str) -> None:
        """A version that cannot be removed now takes some space until the next swap, and does no other harm."""
        try:
            self._storage.delete(version)
        except StorageError as error:
            log.warning("version_not_removed", version=version, reason=str(error))

    def _remove_indexes(self) -> None:
        """Remove what matinee 0.1 made beside versions of more than 100,000 movies; nothing reads it any more."""
        for version in self.versions():
            for name in ("index.usearch", "index.json"):
                self._storage.delete(f"{version}/{name}")


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
