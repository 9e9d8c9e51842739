"""What is in production, and every way in which that changes: promote, reject, roll back.

A move is four steps: record the intention, set the alias, mirror it in the tags, record the end. A process may die
between any two of them; `recover`, which every command that moves something calls first, then completes the move when
the alias has moved, and takes the intention back when it has not. There are never two productions, and never none
once there was one, because the alias is set in one step.
"""

import structlog

from matinee import artifact
from matinee.errors import Refused
from matinee.lifecycle.history import INTENTIONS, EventKind, History
from matinee.lifecycle.registry import ModelVersion, Registry

log = structlog.get_logger()


class Production:
    """Registry and history of one home, moved together."""

    def __init__(self, registry: Registry, history: History) -> None:
        self.registry = registry
        self.history = history

    def recover(self) -> None:
        """Complete or take back a move that somebody began and did not end, and repair the tags."""
        begun = self.history.unfinished()
        if begun is not None:
            current = self.registry.production()
            moved = current is not None and current.version == begun.version
            end: EventKind = INTENTIONS[begun.what] if moved else "abandoned"
            log.warning("unfinished_move", version=begun.version, begun=begun.what, ended_as=end)
            self.registry.repair()
            self.history.record(end, begun.version, begun.previous_version, begun.reason)
        else:
            self.registry.repair()

    def promote(self, version: str, reason: str) -> None:
        """Put a version into production; every other becomes archived.

        Raises:
            Refused: retention has removed its artifacts.
        """
        self._require_artifacts(version)
        self._move("promoting", version, reason)

    def reject(self, version: str, reason: str) -> None:
        """Mark a version that the gate refused; nothing else changes."""
        self.registry.reject(version)
        current = self.registry.production()
        self.history.record("rejected", version, current.version if current else None, reason)

    def roll_back(self, to: str | None, reason: str) -> str:
        """Go back to the version that really served before the one in production, or to version `to`.

        The version is downloaded and verified before anything moves.

        Returns:
            The version that is in production now.

        Raises:
            Refused: no other version has served yet, or retention has removed the artifacts of this one.
            NotFound: there is no version `to`.
            BadData: the version does not load; nothing was moved.
        """
        self.recover()
        current = self.registry.production()
        if current is not None and to is None and self._waits_for_deployment(current):
            return current.version
        target = to or (self.history.last_served_before(current.version) if current else None)
        if target is None:
            raise Refused("No other version has served yet.", "Name one with --to; see: matinee versions.")
        self._verify(self._require_artifacts(target))
        self._move("rolling_back", target, reason)
        return target

    def resume(self, reason: str) -> str:
        """End the hold that a rollback began: the next candidate goes into production if it is sound.

        Returns:
            The version that was held.

        Raises:
            Refused: production is not held.
        """
        current = self.registry.production()
        if current is None or not self.history.is_held(current.version):
            raise Refused("Production is not held.", "A rollback holds it; see: matinee versions.")
        self.history.record("resumed", current.version, current.version, reason)
        return current.version

    def _waits_for_deployment(self, current: ModelVersion) -> bool:
        """Whether a rollback to `current` was killed after it had moved and before it was deployed."""
        deployed = [event.version for event in self.history.events() if event.what == "deployed"]
        return self.history.is_held(current.version) and deployed[-1:] != [current.version]

    def _require_artifacts(self, version: str) -> ModelVersion:
        found = self.registry.version(version)
        if not found.has_artifacts:
            raise Refused(
                f"The artifacts of version {version} are gone: retention has removed them.",
                "See which versions have theirs: matinee versions. Keep one for ever: matinee pin VERSION.",
            )
        return found

    def _verify(self, version: ModelVersion) -> None:
        with self.registry.downloaded(self.registry.training_run(version.run_id)) as folder:
            artifact.load(folder)

    def _move(self, intention: EventKind, version: str, reason: str) -> None:
        current = self.registry.production()
        previous = current.version if current else None
        self.history.record(intention, version, previous, reason)
        if not self.registry.version(version).has_artifacts:  # `prune` marks first and then looks for intentions
            self.history.record("abandoned", version, previous, reason)
        self._require_artifacts(version)
        self.registry.move_production(version)
        self.history.record(INTENTIONS[intention], version, previous, reason)
