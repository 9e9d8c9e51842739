"""The quality of the versions beside their baselines, as a chart and as a table."""

import streamlit as st

from matinee.clients.schemas.versions import Version, Versions
from matinee.ui.parts import charts
from matinee.ui.parts.production import OWN
from matinee.ui.parts.version_status import STYLES, version_status
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts

INCUMBENT = f"incumbent_{OWN}"
"""The same of what was in production when the version was judged."""


def timeline(visit: Visit, versions: Versions) -> None:
    """A line for each contender, with a mark for the status of each version."""
    texts = visit.texts.operations
    st.header(texts.timeline, anchor=False)
    st.caption(texts.quality)
    rows = _rows(visit.texts, versions)
    if not rows:
        st.caption(texts.nothing)
        return
    marks = charts.PointMarks(
        visit.texts.decisions.verdict, {texts.statuses[name]: style for name, style in STYLES.items()}
    )
    charts.show(
        rows,
        "line",
        _column(visit.texts),
        texts.quality,
        texts.model,
        words=texts.timeline_alt,
        marks=marks,
        dashed=texts.contenders[INCUMBENT],  # often as good as the version itself, and drawn over it
    )
    charts.table(texts.table, [_numbers(visit.texts, version) for version in versions.versions])


def _column(texts: Texts) -> str:
    return texts.operations.version.format(version="").strip()


def _rows(texts: Texts, versions: Versions) -> list[dict[str, object]]:
    words, rows = texts.operations, list[dict[str, object]]()
    for metric, name in words.contenders.items():
        for each in reversed(versions.versions):
            if metric not in each.metrics:
                continue
            number = int(each.version) if each.version.isdecimal() else each.version
            rows.append({_column(texts): number, words.model: name, words.quality: round(each.metrics[metric], 4)})
            if metric == OWN:
                rows[-1][texts.decisions.verdict] = words.statuses[version_status(each)]
    return rows


def _numbers(texts: Texts, version: Version) -> dict[str, str]:
    words = texts.operations
    numbers = {
        name: f"{version.metrics[metric]:.4f}" if metric in version.metrics else "–"
        for metric, name in words.contenders.items()
    }
    return {
        _column(texts): version.version,
        texts.decisions.verdict: words.statuses[version_status(version)],
        **numbers,
    }
