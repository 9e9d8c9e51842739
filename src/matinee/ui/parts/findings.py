"""What the doctor finds, without being asked: what is wrong, and all that was looked at."""

import re

import streamlit as st

from matinee.clients.schemas.findings import Finding
from matinee.ui.parts.dates import local
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.sentences import translated


def findings(visit: Visit) -> None:
    """A warning for each thing that is wrong, and all of them behind a click."""
    texts, examined = visit.texts.findings, visit.operator.findings()
    wrong = [each for each in examined.findings if not each.ok]
    for each in wrong:
        text = f"**{_name(visit.texts, each)}**: {escaped(f'{detail(visit.texts, each)} {_fix(visit.texts, each)}')}"
        st.warning(text, icon=":material/stethoscope:")
    summary = texts.wrong if wrong else texts.well
    at, total = f"{local(examined.examined_at):%H:%M}", len(examined.findings)
    icon = ":material/report:" if wrong else ":material/check_circle:"
    with st.expander(summary.format(count=len(wrong), total=total, at=at), icon=icon):
        st.markdown("\n".join(_line(visit.texts, each) for each in examined.findings))


def _line(texts: Texts, finding: Finding) -> str:
    mark = "✓" if finding.ok else "✗"
    return f"- {mark} **{_name(texts, finding)}**: {escaped(detail(texts, finding))}"


def _name(texts: Texts, finding: Finding) -> str:
    return texts.findings.names.get(finding.what, escaped(finding.what))


def detail(texts: Texts, finding: Finding) -> str:
    """What was found, in the reader's language; reasons of the quarantine by their names."""
    told = _sentences(texts, finding.detail)
    if finding.what == "quarantine":
        reasons = texts.operations.quarantine
        told = re.sub(r"\b[a-z_]+\b", lambda found: reasons.get(found[0], found[0]), told)
    return told


def _fix(texts: Texts, finding: Finding) -> str:
    return _sentences(texts, finding.fix)


def _sentences(texts: Texts, told: str) -> str:
    """Each sentence in the reader's language, if the whole is not known."""
    whole = translated(told, texts.sentences)
    if whole != told:
        return whole
    return " ".join(translated(each, texts.sentences) for each in re.split(r"(?<=\.) ", told))
