"""Whether the server lives and is ready."""

from typing import Literal

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer


class Live(Answer, json_schema_extra=shown(examples.LIVE)):
    """The process answers."""

    status: Literal["live"] = "live"


class Ready(Answer, json_schema_extra=shown(examples.READY)):
    """Recommendations can be answered; ratings stored too, unless a problem says otherwise."""

    status: Literal["ready", "degraded"] = "ready"
    """`degraded`: answers go on, but something does not work; see `problems`."""
    policy: Literal["learned", "popular"]
    model_version: str | None
    database: Literal["reachable", "unreachable"] = "reachable"
    """`unreachable`: ratings are refused, and lists are those of somebody of whom nothing is known."""
    problems: dict[str, str]
    """What is wrong, by part of the worker that was asked: `database`, `disk`, `supervisor`, `follower`, …"""
