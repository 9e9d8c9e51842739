"""The status of a version, in one word, and how charts mark it."""

from typing import Literal

from matinee.clients.schemas.versions import Version
from matinee.ui.parts.charts import PointStyle

VersionStatus = Literal["promoted", "by_hand", "rejected", "rolled_back", "undecided"]

STYLES: dict[VersionStatus, PointStyle] = {
    "promoted": PointStyle("circle", "#3d8b40"),
    "by_hand": PointStyle("diamond", "#2c87a6"),
    "rejected": PointStyle("cross", "#d1404b"),
    "rolled_back": PointStyle("triangle-down", "#a86a0f"),
    "undecided": PointStyle("square", "#857c76"),
}
"""A shape of its own for each: colours alone would leave some people out."""


def version_status(version: Version) -> VersionStatus:
    """What the gate and people did with a version; the last word counts."""
    if version.is_rolled_back:
        return "rolled_back"
    if version.stage == "production" or version.served:
        return "promoted" if version.verdict == "promote" else "by_hand"
    known: dict[str, VersionStatus] = {"promote": "promoted", "reject": "rejected"}
    return known.get(version.verdict, "undecided")
