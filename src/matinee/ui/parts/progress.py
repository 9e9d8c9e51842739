"""How far the newest run of the pipeline is."""

import streamlit as st

from matinee.clients.schemas.runs import RunProgress
from matinee.clients.schemas.versions import Versions
from matinee.errors import MatineeError
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.outcomes import outcome
from matinee.ui.parts.refusals import why
from matinee.ui.parts.visit import Visit, model_of
from matinee.ui.texts.fields.runs import RunTexts

POLL_S = 1.0
"""Between two looks at a run that is in progress."""

ICONS = {
    "waiting": ":material/hourglass_empty:",
    "running": ":material/sync:",
    "success": ":material/check_circle:",
    "failed": ":material/error:",
    "skipped": ":material/remove:",
}


def newest_run(visit: Visit) -> RunProgress | None:
    """The newest run, whoever asked for it."""
    newest = visit.operator.runs(1)
    return visit.operator.run(newest[0].run_id) if newest else None


def progress(visit: Visit, versions: Versions, run: RunProgress | None) -> None:
    """How far the run is; while it is in progress this looks again by itself, and then runs the page again."""
    texts = visit.texts.runs
    st.header(texts.last_run, anchor=False)
    if run is None:
        st.caption(texts.no_runs)
    elif run.has_ended:
        _steps(texts, run)
        outcome(visit, versions, run)
    else:
        _live(visit, run.run_id)


@st.fragment(run_every=POLL_S)
def _live(visit: Visit, run_id: str) -> None:
    try:
        run = visit.operator.run(run_id)
    except MatineeError as error:
        reason = why(visit.texts.runs, error)
        st.warning(visit.texts.operations.away.format(reason=reason))
        return
    if run.has_ended:
        model_of.clear(visit.url)
        st.rerun()
    _steps(visit.texts.runs, run)


def _steps(texts: RunTexts, run: RunProgress) -> None:
    st.markdown(f"**{texts.actions[run.action]}** · {texts.states[run.state]}")
    lines = [
        f"- {ICONS[step.state]} {texts.steps.get(step.name, escaped(step.name))}: {texts.states[step.state]}"
        for step in run.steps
    ]
    st.markdown("\n".join(lines))
