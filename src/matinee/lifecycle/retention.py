"""Which versions keep their artifacts, and why; metrics, decisions and history of all are kept for ever."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from matinee.lifecycle.history import ModelEvent, last_good
from matinee.lifecycle.registry.records import ModelVersion


def kept_versions(
    versions: Sequence[ModelVersion],
    events: Iterable[ModelEvent],
    production: str | None,
    newest: int,
    served_since: datetime,
) -> dict[str, str]:
    """Why each of the versions that keep their artifacts does.

    Args:
        versions: all of them, in any order.
        events: the history, oldest first.
        production: the version in production.
        newest: how many of the newest versions are kept.
        served_since: what was served at or after this moment is kept.
    """
    events = list(events)
    kept = {each.version: "newest" for each in sorted(versions, key=_number, reverse=True)[:newest]}
    kept |= dict.fromkeys(_served(events, served_since), "served lately")
    kept |= {each.version: "pinned" for each in versions if each.is_pinned}
    if production is not None:
        target = last_good(events, production)
        kept |= ({target: "what a rollback goes back to"} if target else {}) | {production: "in production"}
    return kept


def ends_at(
    version: ModelVersion, events: Iterable[ModelEvent], keep_days: int, now: datetime, among_newest: timedelta
) -> datetime:
    """The earliest moment at which the artifacts of a version may go, if a newer version comes with each period.

    Args:
        version: neither in production nor pinned.
        events: the history, oldest first.
        keep_days: days after a version served last, or was made.
        now: as of when; a version that is served is until then.
        among_newest: how long it takes until enough newer versions are there; see `newest_for`.
    """
    ends = [later.at if later else now for event, later in _deployments(events) if event.version == version.version]
    return max(max([*ends, version.created_at]) + timedelta(days=keep_days), now + among_newest)


def newest_for(version: ModelVersion, versions: Iterable[ModelVersion], newest: int, period: timedelta) -> timedelta:
    """How long a version is among the newest that are kept, when one comes with each period."""
    n_newer = sum(_number(each) > _number(version) for each in versions)
    return max(0, newest - n_newer) * period


def _served(events: list[ModelEvent], since: datetime) -> list[str]:
    """Versions that were served at some moment from `since` on: each is, from its deployment to the next one."""
    return [event.version for event, later in _deployments(events) if later is None or later.at >= since]


def _deployments(events: Iterable[ModelEvent]) -> list[tuple[ModelEvent, ModelEvent | None]]:
    """Each deployment, and the one that ended it."""
    deployed = [event for event in events if event.what == "deployed"]
    return list(zip(deployed, [*deployed[1:], None], strict=True)) if deployed else []


def _number(version: ModelVersion) -> int:
    return int(version.version)
