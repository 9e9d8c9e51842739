"""The decision on a version, in words."""

import streamlit as st

from matinee.clients.schemas.versions import Check, Version
from matinee.ui.parts.titles import plain
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.sentences import told
from matinee.ui.texts.words import Texts


def decision(visit: Visit, version: str) -> None:
    """What the gate asked of a version, and the answers."""
    words, record = visit.texts.operations, visit.operator.version(version)
    st.header(words.decision, anchor=False)
    st.markdown(f"**{words.verdict}: {words.verdicts.get(record.verdict, plain(record.verdict))}**")
    if record.decision is None:
        st.caption(words.no_decision)
        return
    if not record.decision.checks:
        st.markdown(plain(told(record.decision.reason, visit.texts.sentences)))
    for check in record.decision.checks:
        icon = ":green[:material/check_circle:]" if check.passed else ":red[:material/cancel:]"
        passed = words.passed if check.passed else words.failed
        why = _pooled(check, record, visit.texts)
        st.markdown(f"{icon} {said(check, visit.texts)} ({passed}){why}")


def said(check: Check, texts: Texts) -> str:
    """A check in the reader's language where there is a sentence for it, else in the gate's own words."""
    sentence = texts.operations.checks.get(check.name)
    if sentence and check.numbers:
        return plain(sentence.format(**check.numbers))
    return plain(told(check.finding, texts.sentences))


def _pooled(check: Check, version: Version, texts: Texts) -> str:
    """That a check is of more people than the metrics of the version are, where it is."""
    n_newest, newest = version.metrics.get("n_evaluated_users"), version.metrics.get("ndcg_at_10")
    if check.name != "beats popularity" or n_newest is None or newest is None:
        return ""
    if check.numbers.get("n_users", 0) <= n_newest:
        return ""
    return f"  \n:small[{plain(texts.operations.pooled.format(n_newest=n_newest, newest=newest))}]"
