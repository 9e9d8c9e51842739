"""What was served when, who or what moved it, and why; each can be gone back to."""

from dataclasses import dataclass

import streamlit as st

from matinee.clients.schemas.versions import TimeServed, Version, VersionRecord, Versions
from matinee.ui.parts.actions import ask_to_promote, ask_to_roll_back
from matinee.ui.parts.production import last_move, moment, moved
from matinee.ui.parts.version_status import version_status
from matinee.ui.parts.visit import Visit, operator_of

NEWEST = 8
"""Deployments that are listed."""


@dataclass(frozen=True)
class Deployment:
    """A time in which a version was served."""

    version: Version
    time: TimeServed


@st.cache_data(ttl=30, show_spinner=False)
def _record(url: str, token: str, version: str, n_served: int) -> VersionRecord:  # noqa: ARG001  a new record for each time
    return operator_of(url, token).version(version)


def deployments(visit: Visit, versions: Versions, *, is_busy: bool) -> None:
    """The newest deployments, newest first."""
    texts = visit.texts.operations
    st.header(texts.deployments, anchor=False)
    listed = [Deployment(version, time) for version in versions.versions for time in version.served]
    if not listed:
        st.caption(texts.nothing)
        return
    newest_first = sorted(listed, key=lambda each: each.time.since, reverse=True)
    for number, each in enumerate(newest_first[:NEWEST]):
        _row(visit, versions, each, number, is_busy=is_busy)


def _row(visit: Visit, versions: Versions, deployment: Deployment, number: int, *, is_busy: bool) -> None:
    texts, version = visit.texts.operations, deployment.version
    until = texts.until_now if deployment.time.until is None else moment(deployment.time.until)
    served = f"{moment(deployment.time.since)} – {until}"
    with st.container(key=f"deployment-{number}", horizontal=True, vertical_alignment="center"):
        name = texts.version.format(version=version.version)
        st.markdown(f"**{name}** · {served}  \n:small[{_why(visit, deployment)}]", width="stretch")
        if version.version == versions.production:
            return
        label = texts.roll_back_to_this.format(version=version.version)
        if st.button(label, key=f"back-{number}", icon=":material/undo:", disabled=is_busy):
            is_next = version.version == versions.roll_back_to
            (ask_to_roll_back if is_next else ask_to_promote)(visit, version.version)


def _why(visit: Visit, deployment: Deployment) -> str:
    version = deployment.version
    record = _record(visit.url, visit.token, version.version, len(version.served))
    event = last_move(record.events, deployment.time.since)
    if event is None:  # its line was written on another machine, or before there was a history
        return visit.texts.operations.statuses[version_status(version)]
    return moved(visit.texts, record, event)
