"""The decision on a version, in words."""

import streamlit as st

from matinee.clients.schemas.versions import Check, Version
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.sentences import translated


def decision(visit: Visit, version: str) -> None:
    """What the gate asked of a version, and the answers."""
    texts, record = visit.texts.decisions, visit.operator.version(version)
    st.header(texts.title, anchor=False)
    st.markdown(f"**{texts.verdict}: {texts.verdicts.get(record.verdict, escaped(record.verdict))}**")
    if record.decision is None:
        st.caption(texts.no_decision)
        return
    if not record.decision.checks:
        st.markdown(escaped(translated(record.decision.reason, visit.texts.sentences)))
    for check in record.decision.checks:
        icon = ":green[:material/check_circle:]" if check.passed else ":red[:material/cancel:]"
        passed = texts.passed if check.passed else texts.failed
        why = _pooled(check, record, visit.texts)
        st.markdown(f"{icon} {finding(check, visit.texts)} ({passed}){why}")
    for question in record.decision.questions:
        outcome = texts.outcomes.get(question.outcome, question.outcome)
        st.caption(f"{escaped(texts.questions.get(question.name, question.name))} {escaped(outcome)}")


def finding(check: Check, texts: Texts) -> str:
    """A check in the reader's language where there is a sentence for it, else in the gate's own texts."""
    sentence = texts.decisions.checks.get(check.name)
    if sentence and check.numbers:
        return escaped(sentence.format(**check.numbers))
    return escaped(translated(check.finding, texts.sentences))


def _pooled(check: Check, version: Version, texts: Texts) -> str:
    """That a check is of more people than the metrics of the version are, where it is."""
    n_newest, newest = version.metrics.get("n_evaluated_users"), version.metrics.get("ndcg_at_10")
    if check.name != "beats popularity" or n_newest is None or newest is None:
        return ""
    if check.numbers.get("n_users", 0) <= n_newest:
        return ""
    return f"  \n:small[{escaped(texts.decisions.pooled.format(n_newest=n_newest, newest=newest))}]"
