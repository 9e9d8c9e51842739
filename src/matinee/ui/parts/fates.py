"""What became of a version, in one word, and how charts mark it."""

from typing import Literal

from matinee.clients.schemas.versions import Version
from matinee.ui.parts.charts import Look

Fate = Literal["promoted", "by_hand", "rejected", "rolled_back", "undecided"]

LOOKS: dict[Fate, Look] = {
    "promoted": Look("circle", "#2e7d32"),
    "by_hand": Look("diamond", "#1f6f8b"),
    "rejected": Look("cross", "#b4232f"),
    "rolled_back": Look("triangle-down", "#7a4a00"),
    "undecided": Look("square", "#5a5350"),
}
"""A shape of its own for each: colours alone would leave some people out."""


def fate(version: Version) -> Fate:
    """What the gate and people did with a version; the last word counts."""
    if version.is_rolled_back:
        return "rolled_back"
    if version.stage == "production" or version.served:
        return "promoted" if version.verdict == "promote" else "by_hand"
    known: dict[str, Fate] = {"promote": "promoted", "reject": "rejected"}
    return known.get(version.verdict, "undecided")
