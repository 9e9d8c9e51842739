"""Runs of the pipeline on the page: buttons that ask before they start one, and how far the newest one is."""

from collections.abc import Callable
from uuid import uuid4

import streamlit as st

from matinee.clients.schemas.runs import Run, RunProgress
from matinee.clients.schemas.versions import Versions
from matinee.errors import MatineeError
from matinee.ui.parts.outcomes import outcome
from matinee.ui.parts.refusals import not_started, why
from matinee.ui.parts.titles import plain
from matinee.ui.parts.visit import Visit, model_of
from matinee.ui.texts.operations import OperationsTexts

POLL_S = 1.0
"""Between two looks at a run that is under way."""

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


def buttons(visit: Visit, versions: Versions, chosen: str | None, *, is_busy: bool) -> None:
    """What can be started; nothing while a run is under way."""
    words, back, operator = visit.texts.operations, versions.roll_back_to, visit.operator
    with st.container(horizontal=True):
        if st.button(words.advance, type="primary", icon=":material/skip_next:", disabled=is_busy, key="advance"):
            _confirm(visit, words.advance, words.confirm_advance, lambda _, key: operator.advance(key), asks_why=False)
        label = words.roll_back.format(version=back) if back else words.nothing_to_roll_back
        if st.button(label, icon=":material/undo:", disabled=is_busy or back is None, key="roll_back"):
            _confirm(visit, label, words.confirm_roll_back.format(version=back), operator.roll_back)
        label = words.promote.format(version=chosen) if chosen else words.nothing_to_promote
        is_idle = is_busy or chosen in (None, versions.production)
        if st.button(label, icon=":material/arrow_upward:", disabled=is_idle, key="promote") and chosen:
            _confirm(
                visit,
                label,
                words.confirm_promote.format(version=chosen),
                lambda reason, key: operator.promote(chosen, reason, key),
            )
    if is_busy:
        st.caption(words.waits)


def _confirm(visit: Visit, title: str, told: str, start: Callable[[str, str], Run], *, asks_why: bool = True) -> None:
    """Ask before `start(reason, key)`; the key is of this question, so a second click on its button starts nothing."""
    words, key = visit.texts.operations, uuid4().hex

    @st.dialog(title)
    def ask() -> None:
        st.markdown(told)
        reason = st.text_input(words.reason, max_chars=500, key=f"why-{key}").strip() if asks_why else ""
        if st.button(words.confirm, type="primary", key="confirm", disabled=asks_why and not reason):
            try:
                start(reason, key)
            except MatineeError as error:
                not_started(words, title, error)
            else:
                st.rerun()

    ask()


def progress(visit: Visit, versions: Versions, run: RunProgress | None) -> None:
    """How far the newest run is; while it is under way this looks again by itself, and then runs the page again."""
    words = visit.texts.operations
    st.header(words.last_run, anchor=False)
    if run is None:
        st.caption(words.no_runs)
    elif run.has_ended:
        _steps(words, run)
        outcome(visit, versions, run)
    else:
        _live(visit, run.run_id)


@st.fragment(run_every=POLL_S)
def _live(visit: Visit, run_id: str) -> None:
    try:
        run = visit.operator.run(run_id)
    except MatineeError as error:
        words = visit.texts.operations
        st.warning(words.away.format(reason=why(words, error)))
        return
    if run.has_ended:
        model_of.clear(visit.url)
        st.rerun()
    _steps(visit.texts.operations, run)


def _steps(words: OperationsTexts, run: RunProgress) -> None:
    st.markdown(f"**{words.actions[run.action]}** · {words.states[run.state]}")
    lines = [
        f"- {ICONS[step.state]} {words.steps.get(step.name, plain(step.name))}: {words.states[step.state]}"
        for step in run.steps
    ]
    st.markdown("\n".join(lines))
