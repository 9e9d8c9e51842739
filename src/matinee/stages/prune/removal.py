"""What a part of `matinee prune` has removed, or would remove."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Removal:
    """One kind of thing that grows."""

    what: str
    n: int = 0
    """How many of them are removed."""
    size_bytes: int = 0
    """How much less is on the disk; 0 where that is not known."""
    detail: str = ""
    problem: str = ""
    """Why it could not be removed, and is tried again by the next `prune`; empty when all went well."""
