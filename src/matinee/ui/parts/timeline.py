"""How much better than popularity the versions and their baselines are, as a chart and as a table."""

from collections.abc import Iterator, Mapping, Sequence

import streamlit as st

from matinee.clients.schemas.versions import Version, Versions
from matinee.ui.parts import charts
from matinee.ui.parts.lifts import Lift, show_lifts
from matinee.ui.parts.production import OWN
from matinee.ui.parts.version_status import STYLES, version_status
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.fields.operations import OperationsTexts

POPULARITY = f"popularity_{OWN}"

INCUMBENT = f"incumbent_{OWN}"
"""The same of what was in production when the version was judged."""


def timeline(visit: Visit, versions: Versions) -> None:
    """A mark for each version with its status, and smaller ones for what it was compared with."""
    texts = visit.texts.operations
    st.header(texts.timeline, anchor=False)
    st.caption(texts.timeline_hint)
    judged = [version for version in reversed(versions.versions) if version.metrics.get(POPULARITY)]
    if not judged:
        st.caption(texts.nothing)
        return
    styles = {texts.statuses[name]: style for name, style in STYLES.items()}
    show_lifts(texts, [row for version in judged for row in _rows(texts, version)], styles)
    for sentence in _winners(texts, judged):
        st.caption(sentence)
    charts.table(texts.table, [_numbers(visit.texts, version) for version in versions.versions])


def _rows(texts: OperationsTexts, version: Version) -> Iterator[Lift]:
    number = int(version.version) if version.version.isdecimal() else version.version
    users = int(version.metrics.get("n_evaluated_users", 0))
    for metric, name in texts.contenders.items():
        if metric in version.metrics and metric != POPULARITY:
            status = texts.statuses[version_status(version)] if metric == OWN else None
            yield Lift(number, name, round(_lift(version, metric), 4), users, status)


def _winners(texts: OperationsTexts, versions: Sequence[Version]) -> Iterator[str]:
    """A sentence for each baseline that did better than some version."""
    for metric, name in texts.contenders.items():
        beaten = [each for each in versions if each.metrics.get(metric, 0.0) > each.metrics.get(OWN, 0.0)]
        if beaten and metric not in (OWN, INCUMBENT):
            yield texts.baseline_wins.format(baseline=name, versions=", ".join(each.version for each in beaten))


def _lift(version: Version, metric: str) -> float:
    return version.metrics[metric] / version.metrics[POPULARITY] - 1


def _column(texts: Texts) -> str:
    return texts.operations.version.format(version="").strip()


def _numbers(texts: Texts, version: Version) -> Mapping[str, str]:
    words = texts.operations
    numbers = {
        name: f"{version.metrics[metric]:.4f}" if metric in version.metrics else "–"
        for metric, name in words.contenders.items()
    }
    users = f"{version.metrics['n_evaluated_users']:.0f}" if "n_evaluated_users" in version.metrics else "–"
    return {
        _column(texts): version.version,
        words.status: words.statuses[version_status(version)],
        words.users: users,
        **numbers,
    }
