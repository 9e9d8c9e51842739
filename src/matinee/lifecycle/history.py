"""The history of the models: who moved what, when and why. Nothing in it is ever changed.

A move of production is more than one step (alias, tags, deployment), and a process may die between any two. So its
intention is recorded before the first step and its end after the last; `unfinished` finds what lies between.
"""

import getpass
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee import clock
from matinee.ratings.database import ModelEventRow, engine, writing
from matinee.settings import Settings

EventKind = Literal[
    "promoting", "promoted", "rejected", "rolling_back", "rolled_back", "abandoned", "deployed", "resumed"
]
"""`promoting` and `rolling_back` are intentions; `promoted`, `rolled_back` or `abandoned` ends one.

`resumed` ends a hold, which a rollback begins.
"""

BY_ITSELF = "By itself: "
"""How the reason of a rollback begins that no person asked for; it holds nothing."""

RESTORED = "Restored"
"""How the reason of a move begins by which production was restored after MLflow had lost it (`custody`).

It is `rolled_back` when production was held, and the hold passes on; otherwise `promoted`.
"""

ERASED = "A user was erased."
"""Reason of a move away from a version that knows a user who was erased."""

INTENTIONS: dict[EventKind, EventKind] = {"promoting": "promoted", "rolling_back": "rolled_back"}
"""The end of each intention that succeeds."""

_HOLDS: tuple[EventKind, ...] = (*INTENTIONS.values(), "resumed")
"""What begins or ends a hold."""


@dataclass(frozen=True)
class ModelEvent:
    """One line of the history."""

    event_id: int
    what: EventKind
    version: str
    previous_version: str | None
    """What was in production, or served, before."""
    reason: str
    who: str
    at: datetime


class History:
    """The events of one home, oldest first."""

    def __init__(self, settings: Settings) -> None:
        self._database = engine(settings)

    def record(self, what: EventKind, version: str, previous_version: str | None, reason: str) -> None:
        """Append an event; durable when this returns."""
        row = ModelEventRow(
            what=what,
            version=version,
            previous_version=previous_version,
            reason=reason,
            who=who(),
            at=clock.now(),
        )
        with writing(self._database) as session:
            session.add(row)

    def events(self) -> list[ModelEvent]:
        """Everything that happened."""
        with Session(self._database) as session:
            return [ModelEvent(*row) for row in session.execute(sa.select(*_COLUMNS).order_by(ModelEventRow.event_id))]

    def in_production(self) -> str | None:
        """The version that was put into production last; None before the first."""
        moved = self.newest(*INTENTIONS.values())
        return moved.version if moved else None

    def unfinished(self) -> ModelEvent | None:
        """The intention that was begun last, when nothing says how it ended."""
        newest = self.newest(*INTENTIONS, *INTENTIONS.values(), "abandoned")
        return newest if newest and newest.what in INTENTIONS else None

    def last_deployed(self) -> str | None:
        """The version that was deployed last."""
        deployed = self.newest("deployed")
        return deployed.version if deployed else None

    def last_served_before(self, version: str) -> str | None:
        """The version to go back to: the last other one that served and that nobody went back from."""
        return last_good(self.events(), version)

    def is_held(self, version: str) -> bool:
        """See the function."""
        newest = self.newest(*_HOLDS)
        return newest is not None and is_held([newest], version)

    def gone_back_to(self, version: str) -> str:
        """See the function."""
        return gone_back_to(self.events(), version)

    def newest(self, *kinds: EventKind) -> ModelEvent | None:
        """The newest event of these kinds, for which a history of years is not read; None when there is none."""
        query = sa.select(*_COLUMNS).where(ModelEventRow.what.in_(kinds)).order_by(ModelEventRow.event_id.desc())
        with Session(self._database) as session:
            row = session.execute(query.limit(1)).one_or_none()
            return None if row is None else ModelEvent(*row)

    def newest_of(self, version: str, kinds: Collection[EventKind]) -> ModelEvent | None:
        """The newest event of these kinds that is about a version; None when there is none."""
        row = ModelEventRow
        query = sa.select(*_COLUMNS).where(row.version == version, row.what.in_(kinds)).order_by(row.event_id.desc())
        with Session(self._database) as session:
            found = session.execute(query.limit(1)).one_or_none()
            return None if found is None else ModelEvent(*found)


_COLUMNS = tuple(getattr(ModelEventRow, each.name) for each in fields(ModelEvent))
"""Read as they are: objects that SQLAlchemy keeps take several times as long, and a history only grows."""


def is_held(events: Iterable[ModelEvent], version: str) -> bool:
    """Whether `version` is in production because somebody went back to it, and nobody has resumed since."""
    moves = [event for event in events if event.what in _HOLDS]
    if not moves or moves[-1].what != "rolled_back" or moves[-1].reason.startswith(BY_ITSELF):
        return False
    return moves[-1].version == version


def gone_back_to(events: Iterable[ModelEvent], version: str) -> str:
    """The version that somebody went back to, of the held `version`: that, or what it has taken the place of since.

    An erasure or a restoration passes a hold on; what was found of it meanwhile counts on.
    """
    for event in reversed([each for each in events if each.what == "rolled_back"]):
        if event.version == version and event.previous_version is not None:
            if event.reason != ERASED and not event.reason.startswith(RESTORED):
                break
            version = event.previous_version
    return version


def restoration(events: Iterable[ModelEvent]) -> ModelEvent | None:
    """How what is in production was restored, when it got there in that way."""
    moves = [event for event in events if event.what in INTENTIONS.values()]
    return moves[-1] if moves and moves[-1].reason.startswith(RESTORED) else None


def last_good(events: Iterable[ModelEvent], version: str) -> str | None:
    """Last version other than `version` that was deployed, without `left_versions`."""
    events = list(events)
    served, bad = [event.version for event in events if event.what == "deployed"], left_versions(events)
    return next((each for each in reversed(served) if each != version and each not in bad), None)


def rolled_back_versions(events: Iterable[ModelEvent]) -> set[str]:
    """Versions that a rollback left and nobody put back; what is restored as it was has not been left."""
    return _left(events, lambda event: event.what == "rolled_back")


def left_versions(events: Iterable[ModelEvent]) -> set[str]:
    """Versions that nobody goes back to unasked: `rolled_back_versions`, and those that an erasure left."""
    return _left(events, lambda event: event.what == "rolled_back" or event.reason == ERASED)


def _left(events: Iterable[ModelEvent], leaves: Callable[[ModelEvent], bool]) -> set[str]:
    left: set[str] = set()
    for event in events:
        if event.what == "promoted":
            left.discard(event.version)
        is_left = event.what in INTENTIONS.values() and leaves(event)
        if is_left and event.previous_version not in (None, event.version):
            left.add(event.previous_version)
    return left


def who() -> str:
    """Who acts here: the pipeline run of a task, or the person at the keyboard."""
    run = os.environ.get("AIRFLOW_CTX_DAG_RUN_ID")
    if run:
        return f"{os.environ.get('AIRFLOW_CTX_DAG_ID', 'airflow')} {run}"
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an arbitrary user id of a container has no name
        return f"uid {os.getuid()}"
