"""How long the supervisor waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How long the supervisor waits for what; all in seconds."""

    tick_s: float = 0.1
    first_probes_every_s: float = 0.5
    """Between two probes of a program that is starting."""
    probe_every_s: float = 5.0
    """Between two probes of a program that is ready."""
    heal_every_s: float = 2.0
    """Between two looks whether the state file can still be read, and whether a process is frozen; one that is frozen
    in two looks is killed."""
    hung_after_s: float = 180.0
    """Without a good answer a program is hung: one that is starting, and one that names no time of its own."""
    stop_grace_s: float = 15.0
    orphan_grace_s: float = 1.0
    """For the descendants of a process that ended by itself."""
    first_backoff_s: float = 0.5
    last_backoff_s: float = 15.0
    settled_s: float = 10.0
    """A program that was ready for so long starts with a clean record when it crashes: whatever ends it four times in
    two minutes, and lets it work in between, must not keep it away for `last_backoff_s`."""
    failed_after: int = 5
    """Crashes in a row (a count) that make a program failed; it is then tried once per `last_backoff_s`."""
