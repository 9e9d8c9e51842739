"""Page "Operations": what is in production, how it came to be, and what can be done about it."""

from collections.abc import Callable

import streamlit as st

from matinee.clients.schemas.versions import Versions
from matinee.errors import MatineeError
from matinee.ui.parts import address
from matinee.ui.parts.actions import actions
from matinee.ui.parts.challengers import challengers, hold
from matinee.ui.parts.comparison import comparison
from matinee.ui.parts.decisions import decision
from matinee.ui.parts.deployments import deployments
from matinee.ui.parts.findings import findings
from matinee.ui.parts.freshness import freshness
from matinee.ui.parts.ledger import ledger
from matinee.ui.parts.production import production
from matinee.ui.parts.progress import newest_run, progress
from matinee.ui.parts.refusals import why
from matinee.ui.parts.timeline import timeline
from matinee.ui.parts.visit import Visit

NEWEST = 40
"""Versions that are shown."""


def show(visit: Visit) -> bool:
    """Show the page; whether all of it could be shown."""
    first = st.container(key="findings")  # filled last: looking takes the server a second
    parts = [_versions_and_runs, challengers, freshness, ledger, _links]
    shown = [_shown(visit, part) for part in parts]
    with first:
        shown.append(_shown(visit, findings))
    return all(shown)


def _shown(visit: Visit, part: Callable[[Visit], None]) -> bool:
    """Show a part, which may need something that is away while the rest of the page does not."""
    visit.client.model()  # the API server itself is of the whole page
    try:
        part(visit)
    except MatineeError as error:
        reason = why(visit.texts.runs, error)
        st.warning(visit.texts.operations.away.format(reason=reason), icon=":material/cloud_off:")
        return False
    return True


def _versions_and_runs(visit: Visit) -> None:
    versions = visit.operator.versions(NEWEST)
    production(visit, versions)
    newest = newest_run(visit)
    is_busy = newest is not None and not newest.has_ended
    chosen = _chosen_version([each.version for each in versions.versions])
    hold(visit, versions, is_busy=is_busy)
    actions(visit, versions, chosen, is_busy=is_busy)
    left, right = st.columns([2, 1], gap="large")
    with right:
        progress(visit, versions, newest)
    with left:
        deployments(visit, versions, is_busy=is_busy)
    timeline(visit, versions)
    if chosen is not None:
        _choose_version(visit, versions, chosen)
        decision(visit, chosen)
        comparison(visit, versions)


def _chosen_version(numbers: list[str]) -> str | None:
    """The version of the address, or the newest; when there is a new one, that, whichever was chosen before."""
    newest = numbers[0] if numbers else None
    if newest and st.session_state.get("newest_version", newest) != newest:
        address.write("version", None)
    st.session_state["newest_version"] = newest
    return address.one_of("version", numbers) or newest


def _choose_version(visit: Visit, versions: Versions, chosen: str) -> None:
    texts = visit.texts.operations
    st.session_state["version"] = chosen
    st.selectbox(
        texts.choose_version,
        [each.version for each in versions.versions],
        format_func=lambda each: texts.version.format(version=each),
        key="version",
        on_change=lambda: address.choose("version", st.session_state["version"]),
    )


def _links(visit: Visit) -> None:
    texts, settings = visit.texts.operations, visit.settings
    with st.container(horizontal=True):
        st.link_button(texts.airflow, f"{settings.airflow_link}/dags/train_model", icon=":material/schedule:")
        mlflow = f"{settings.mlflow_link}/#/models/movie-recommender"
        st.link_button(texts.mlflow, mlflow, icon=":material/history:")
