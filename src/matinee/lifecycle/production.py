"""What is in production, and every way in which that changes: promote, reject, roll back, resume.

A move is four steps: record the intention, set the alias, mirror it in the tags, record the end. A process may die
between any two of them; the next mover completes the move when the alias has moved, and takes the intention back when
it has not. All moves are made under one lease (`lifecycle.lease`), so what is unfinished is nobody's any more. There
are never two productions, because the alias is set in one step.

The registry is in other people's hands too. Whoever moves something first looks whether the alias is where the history
left it (`custody`).
"""

import structlog

from matinee import artifact
from matinee.errors import DependencyUnreachable, Refused
from matinee.lifecycle.custody import Custody
from matinee.lifecycle.history import INTENTIONS, EventKind, History
from matinee.lifecycle.lease import Holder, Lease
from matinee.lifecycle.registry import ModelVersion, Registry

log = structlog.get_logger()


class Stale(DependencyUnreachable):
    """Production is not what a verdict was about any more."""


class Production:
    """Registry and history of one home, moved together."""

    def __init__(self, registry: Registry, history: History, lease: Lease, custody: Custody) -> None:
        self.registry = registry
        self.history = history
        self._lease = lease
        self._custody = custody

    def recover(self) -> None:
        """Complete or take back what somebody began and did not end, find what others moved, and repair the tags."""
        with self._lease.held() as holder:
            self._settle(holder)
            self.registry.repair()

    def promote(self, version: str, reason: str, *, instead_of: str | None) -> None:
        """Put a version into production if what is there is still what it was compared with.

        Args:
            version: the version; every other becomes archived.
            reason: why.
            instead_of: the version that was in production when it was decided; None for none.

        Raises:
            Stale: another version is in production; nothing was moved.
        """
        with self._lease.held() as holder:
            self._settle_at(holder, instead_of)
            self._move(holder, "promoting", version, reason)

    def replace(self, version: str, reason: str, *, instead_of: str) -> None:
        """Put a version in the place of one that must serve no more; arguments and errors as of `promote`.

        What a rollback holds stays held: the hold passes on to the version.
        """
        with self._lease.held() as holder:
            self._settle_at(holder, instead_of)
            self._move(holder, "rolling_back" if self.history.is_held(instead_of) else "promoting", version, reason)

    def promote_by_hand(self, version: str, reason: str) -> None:
        """Put a version into production whatever is there.

        Raises:
            NotFound: there is none.
            Refused: retention has removed its files.
            BadData: it does not load; nothing was moved.
        """
        self._verify(self._require_artifacts(version))
        with self._lease.held() as holder:
            self._settle(holder)
            self._move(holder, "promoting", version, reason)

    def reject(self, version: str, reason: str) -> None:
        """Mark a version that the gate refused; nothing else changes."""
        with self._lease.held():
            if self.registry.version(version).stage:
                return  # somebody has decided on it meanwhile
            self.registry.reject(version, reason)
            current = self.registry.production()
            self.history.record("rejected", version, current.version if current else None, reason)

    def roll_back(self, to: str | None, reason: str, *, instead_of: str | None = None) -> str:
        """Go back to the version that really served before the one in production, or to version `to`.

        The version is downloaded and verified before anything moves.

        Args:
            to: the version; None for the one that served before.
            reason: why.
            instead_of: the version that must be in production; None for any.

        Returns:
            The version that is in production now.

        Raises:
            Stale: another version is in production than `instead_of`.
            Refused: no other version has served yet, or retention has removed the artifacts of this one.
            NotFound: there is no version `to`.
            BadData: the version does not load; nothing was moved.
        """
        with self._lease.held() as holder:
            current = self._settle(holder)
            if instead_of is not None and (current is None or current.version != instead_of):
                raise Stale("Production has moved since it was compared.", "Try again.")
            if current is not None and to is None and self._waits_for_deployment(current):
                return current.version
            target = to or (self.history.last_served_before(current.version) if current else None)
            if target is None:
                raise Refused("No other version has served yet.", "Name one with --to; see: matinee versions.")
            self._verify(self._require_artifacts(target))
            self._move(holder, "rolling_back", target, reason)
            return target

    def resume(self, reason: str) -> str:
        """End the hold that a rollback began: the next candidate goes into production if it is sound.

        Returns:
            The version that was held.

        Raises:
            Refused: production is not held.
        """
        with self._lease.held() as holder:
            current = self._settle(holder)
            if current is None or not self.history.is_held(current.version):
                raise Refused("Production is not held.", "A rollback holds it; see: matinee versions.")
            self.history.record("resumed", current.version, current.version, reason)
            return current.version

    def _settle(self, holder: Holder) -> ModelVersion | None:
        """What is in production, after what was unfinished or moved by others is settled."""
        begun = self.history.unfinished()
        if begun is not None:
            current = self.registry.production()
            moved = current is not None and current.version == begun.version
            end: EventKind = INTENTIONS[begun.what] if moved else "abandoned"
            log.warning("unfinished_move", version=begun.version, begun=begun.what, ended_as=end)
            self.history.record(end, begun.version, begun.previous_version, begun.reason)
        self._custody.restore(holder)
        return self.registry.production()

    def _settle_at(self, holder: Holder, expected: str | None) -> None:
        """Settle, and refuse with `Stale` when another version than the expected one is in production."""
        current = self._settle(holder)
        if (current.version if current else None) != expected:
            raise Stale("Production has moved since the verdict.", "Evaluate again.")

    def _waits_for_deployment(self, current: ModelVersion) -> bool:
        """Whether a rollback to `current` was killed after it had moved and before it was deployed."""
        return self.history.is_held(current.version) and self.history.last_deployed() != current.version

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

    def _move(self, holder: Holder, intention: EventKind, version: str, reason: str) -> None:
        current = self.registry.production()
        previous = current.version if current else None
        holder.check()
        self.history.record(intention, version, previous, reason)
        if not self.registry.version(version).has_artifacts:  # `prune` marks first and then looks for intentions
            self.history.record("abandoned", version, previous, reason)
        self._require_artifacts(version)
        self.registry.move_production(version)
        self.history.record(INTENTIONS[intention], version, previous, reason)
