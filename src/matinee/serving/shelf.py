"""Models on disk: one folder a version, and a pointer to the one that is deployed.

    serving/deployed.json             version, run_id, metrics, deployed_at, and the last versions that were deployed
    serving/<version>/                a verified artifact, and version.json
    serving/.<version>.draft/         a download that is not finished or not verified

A version's folder appears by a rename when it is complete, then the pointer moves by a rename: whatever is killed
when, the pointer names a folder that loads. `load` verifies it again each time.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog
from pydantic import ValidationError

from matinee.errors import BadData, MatineeError
from matinee.models import artifact
from matinee.serving.served import NAME, Registered, ServedModel

log = structlog.get_logger()

KEPT = 3
"""Versions that stay on disk, the deployed one among them."""

POINTER, RECORD = "deployed.json", "version.json"


class Deployed(Registered):
    """What `deployed.json` says."""

    name: str = NAME
    deployed_at: datetime
    recent: list[str]
    """Versions in the order of their last deployment, newest first."""


class Shelf:
    """The folder `serving/` of a home; one process writes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

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
        folders = [path for path in self._folder.glob("[0-9]*") if path.is_dir()]
        others = sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)
        known = {path.name for path in folders}
        return [v for v in recent if v in known] + [path.name for path in others if path.name not in recent]

    def record(self, version: str) -> Registered | None:
        """What was registered as `version` when it was put on disk; None when it is not there."""
        try:
            return Registered.model_validate_json((self._folder / version / RECORD).read_bytes())
        except (OSError, ValidationError):
            return None

    def load(self, version: str) -> ServedModel:
        """Read and verify a version.

        Raises:
            BadData: it is damaged.
        """
        registered = self.record(version)
        if registered is None:
            raise BadData(f"Version {version} on disk has no readable {RECORD}.", "Deploy it again: matinee deploy.")
        return ServedModel.of(artifact.load(self._folder / version), registered)

    @contextmanager
    def draft(self, version: str) -> Iterator[Path]:
        """An empty folder to download to; it is gone after the block unless `keep` made it the version's folder."""
        draft = self._folder / f".{version}.draft"
        with writing():
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def keep(self, draft: Path, registered: Registered) -> ServedModel:
        """Verify a draft and make it the folder of its version.

        Raises:
            BadData: the artifact is not what it should be.
        """
        served = ServedModel.of(artifact.load(draft), registered)
        final = self._folder / registered.version
        with writing():
            (draft / RECORD).write_text(registered.model_dump_json(indent=2))
            # Only a damaged folder, or one of another registry, can be in the way.
            shutil.rmtree(final, ignore_errors=True)
            draft.rename(final)
        return served

    def point_to(self, registered: Registered) -> None:
        """Move the pointer to a version that is on disk, and remove versions that nobody will return to."""
        before = self.deployed()
        others = [version for version in (before.recent if before else []) if version != registered.version]
        recent = [registered.version, *others][:KEPT]
        pointer = Deployed(**registered.model_dump(), deployed_at=datetime.now(UTC), recent=recent)
        with writing():
            _replace(self._folder / POINTER, pointer.model_dump_json(indent=2))
        for version in set(self.versions()) - set(recent):
            shutil.rmtree(self._folder / version, ignore_errors=True)

    def remove_drafts(self) -> None:
        """Remove what a killed process left unfinished."""
        for draft in self._folder.glob(".*.draft"):
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def writing() -> Iterator[None]:
    """Turn what a disk refuses into an error that says so.

    Raises:
        MatineeError: the disk is full, or the folder may not be written.
    """
    try:
        yield
    except OSError as error:
        raise MatineeError(
            f"The model cannot be written to disk ({error}).", "Free some space, or correct the owner of MATINEE_HOME."
        ) from error


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
