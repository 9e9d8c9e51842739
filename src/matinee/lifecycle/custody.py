"""The registry in other people's hands: what happens when somebody changes it in MLflow itself.

The alias says what is in production, and the history says what matinee put there last. Where they differ, somebody
else was there:

- the alias is on another version that loads: a promotion by hand, recorded as one;
- the alias is gone, or is on what does not load (version deleted, run purged, files gone): production is restored to
  the newest version that really served and that nobody went back from. Where MLflow has lost that one too, its files
  come from the server's model store, and it is registered again.

It is never "nothing is in production" once something was, unless no copy is left anywhere.
"""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog

from matinee import artifact
from matinee.errors import BadData, NotFound
from matinee.lifecycle.history import RESTORED, EventKind, History, left_versions
from matinee.lifecycle.lease import Holder
from matinee.lifecycle.registry import ModelVersion, Registry, Training

log = structlog.get_logger()


class Custody:
    """What matinee knows of its production beside the registry."""

    def __init__(self, registry: Registry, history: History, model_store: Path | None = None) -> None:
        """Look after the production of one home.

        Args:
            registry: MLflow.
            history: what was put there.
            model_store: folder in which the server keeps the versions that it served, by version; None for none.
        """
        self._registry, self._history, self._model_store = registry, history, model_store

    def restore(self, holder: Holder) -> None:
        """Make the alias name what is to be in production, and record who moved what."""
        current, known = self._registry.production(), self._history.in_production()
        if known is None:
            return  # nothing was ever put there by matinee: the alias is all there is to know
        if current is not None and self._registry.has_files(current):
            if current.version != known and self._loads(current):
                self._history.record("promoted", current.version, known, "The alias was moved in MLflow.")
                return
            if current.version == known:
                return
        self._put_back(holder, "the alias is gone" if current is None else f"version {current.version} does not load")

    def _put_back(self, holder: Holder, why: str) -> None:
        """Restore production; a hold passes on to it."""
        known = self._history.in_production()
        what: EventKind = "rolled_back" if known is not None and self._history.is_held(known) else "promoted"
        for version in self._candidates():
            found = self._registered(version) or self._registered_again(version)
            if found is not None:
                holder.check()
                log.warning("production_restored", version=found, why=why)
                self._registry.move_production(found)
                copied = "" if found == version else f" with the files of version {version} from the model store"
                reason = f"{RESTORED}{copied}, because {why} in MLflow."
                self._history.record(what, found, known, reason)
                return
        log.error("production_is_lost", why=why)

    def _candidates(self) -> Iterator[str]:
        """Versions that served, newest first, without those that somebody went back from; then what was put there."""
        events = self._history.events()
        served = [event.version for event in reversed(events) if event.what == "deployed"]
        put_there = [event.version for event in reversed(events) if event.what in ("promoted", "rolled_back")]
        bad = left_versions(events)
        return (version for version in dict.fromkeys([*served, *put_there]) if version not in bad)

    def _registered(self, version: str) -> str | None:
        """The version, if MLflow has it and it loads.

        One that was rejected has never served: it has the number of one of a registered model that somebody deleted.
        """
        try:
            found = self._registry.version(version)
        except NotFound:
            return None
        return version if found.stage != "rejected" and self._loads(found) else None

    def _loads(self, version: ModelVersion) -> bool:
        try:
            with self._registry.downloaded(self._registry.training_run(version.run_id)) as folder:
                artifact.load(folder)
        except (BadData, NotFound):
            return False
        return True

    def _registered_again(self, version: str) -> str | None:
        """A new version with the files that the server keeps; None when it keeps none that load."""
        folder = None if self._model_store is None else self._model_store / version
        if folder is None or not folder.is_dir():
            return None
        with tempfile.TemporaryDirectory() as temporary:
            copy = Path(temporary) / artifact.FOLDER  # the name under which a logged model has it
            shutil.copytree(folder, copy)
            try:
                manifest = artifact.load(copy).manifest
            except BadData:
                return None
            run_id = self._registry.log_training(Training(manifest, copy, {}, {}, datetime.now(UTC)))
        return self._registry.register(self._registry.training_run(run_id))
