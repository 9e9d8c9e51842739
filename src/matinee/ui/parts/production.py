"""What is in production, in sentences: how it came there, how good it is, and whether that is known well enough."""

from collections.abc import Iterator
from datetime import datetime

import streamlit as st

from matinee.clients.schemas.versions import Check, ModelEvent, Version, VersionRecord, Versions
from matinee.ui.parts.against_before import against_before
from matinee.ui.parts.dates import last_day, local
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.sentences import translated

OWN = "ndcg_at_10"
"""The metric of the version itself; those of its baselines have a name before it."""

ENOUGH_USERS = 400
"""The gate's interval is some 5 % wide from here on (its margin is half a per cent of a much noisier mean)."""


def production(visit: Visit, versions: Versions) -> None:
    """Version, since when, on which data, and the sentences that answer for it."""
    texts, now = visit.texts.operations, versions.in_production
    with st.container(border=True, key="production"):
        with st.container(horizontal=True):
            name = texts.version.format(version=now.version) if now else texts.nothing
            st.metric(texts.in_production, name, width="content")
            if now is None:
                return
            since = [served.since for served in now.served if served.until is None]
            st.metric(texts.since, moment(since[-1]) if since else "–", width="content")
            through = f"{last_day(now.data_through):%Y-%m-%d}" if now.data_through else "–"
            st.metric(texts.through, through, width="content")
        sentences = _sentences(visit, visit.operator.version(now.version))
        st.markdown("  \n".join(sentences))


def moment(at: datetime) -> str:
    """Month, day and time on the clock of the browser."""
    return f"{local(at):%m-%d %H:%M}"


def _sentences(visit: Visit, record: VersionRecord) -> Iterator[str]:
    texts, event = visit.texts, last_move(record.events)
    if event is not None:
        yield moved(texts, record, event)
    checks = {check.name: check for check in record.decision.checks} if record.decision else {}
    beaten = _against_popularity(record, checks.get("beats popularity"))
    if beaten is not None:
        own, popularity, users = beaten
        sentence = texts.operations.lift if own > popularity else texts.operations.loses
        lift = own / popularity - 1 if popularity else 0.0
        enough = texts.operations.enough_users if users >= ENOUGH_USERS else texts.operations.few_users
        yield f"{sentence.format(lift=lift, own=own, popularity=popularity, users=users)} {enough}"
    yield from against_before(visit, record)


def _against_popularity(version: Version, check: Check | None) -> tuple[float, float, float] | None:
    """NDCG@10 of the version and of popularity, and of how many users: those that the verdict is about, if known."""
    if check is not None and {"candidate", "popularity", "n_users"} <= check.numbers.keys():
        return check.numbers["candidate"], check.numbers["popularity"], check.numbers["n_users"]
    names = (OWN, f"popularity_{OWN}", "n_evaluated_users")
    if all(name in version.metrics for name in names):
        own, popularity, users = (version.metrics[name] for name in names)
        return own, popularity, users
    return None


def last_move(events: tuple[ModelEvent, ...], before: datetime | None = None) -> ModelEvent | None:
    """The last event (not after `before`) that brought the version into production."""
    moves = [event for event in events if event.what in ("promoted", "rolled_back")]
    return next((event for event in reversed(moves) if before is None or event.at <= before), None)


def moved(texts: Texts, version: Version, event: ModelEvent) -> str:
    """Who or what moved production, when and why."""
    words = texts.operations
    if event.what == "rolled_back":
        sentence = words.rolled_back
    else:
        sentence = words.gate_promoted if is_by_gate(version, event) else words.hand_promoted
    reason = escaped(translated(event.reason, texts.sentences).removeprefix("By hand: "))
    previous = escaped(event.previous_version or "–")
    return sentence.format(version=escaped(version.version), at=moment(event.at), previous=previous, reason=reason)


def is_by_gate(version: Version, event: ModelEvent) -> bool:
    """Whether the gate promoted the version, not a person."""
    return version.verdict == "promote" and not event.reason.startswith("By hand")
