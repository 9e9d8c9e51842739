"""How much better than popularity the versions and their baselines are, as a chart and as a table."""

from collections.abc import Iterator, Mapping, Sequence

import streamlit as st

from matinee.clients.schemas.versions import Version, Versions
from matinee.ui.parts import charts
from matinee.ui.parts.lifts import Lift, interval, show_lifts
from matinee.ui.parts.production import OWN
from matinee.ui.parts.version_status import STYLES, version_status
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.fields.operations import OperationsTexts

POPULARITY = f"popularity_{OWN}"

BOUNDS = ("over_popularity_low", "over_popularity_high")
"""Between which bounds the version's own lies above that of popularity, at 95 %."""

INCUMBENT = f"incumbent_{OWN}"
"""The same of what was in production when the version was judged."""


def timeline(visit: Visit, versions: Versions) -> None:
    """A mark for each version with its status, and smaller ones for what it was compared with."""
    texts = visit.texts.operations
    st.header(texts.timeline, anchor=False)
    st.caption(texts.timeline_hint)
    judged = [version for version in reversed(versions.versions) if _is_judged(version)]
    if not judged:
        st.caption(texts.nothing)
        return
    styles = {texts.statuses[name]: style for name, style in STYLES.items()}
    show_lifts(texts, [row for version in judged for row in _rows(texts, version)], styles)
    for sentence in _winners(texts, judged):
        st.caption(sentence)
    charts.table(texts.table, [_numbers(visit.texts, version) for version in versions.versions])


def _is_judged(version: Version) -> bool:
    return bool(version.metrics.get(POPULARITY))


def _rows(texts: OperationsTexts, version: Version) -> Iterator[Lift]:
    for metric, name in texts.contenders.items():
        if metric in version.metrics and metric not in (OWN, POPULARITY):
            yield _lift(version, metric, name, None)
    if (own := _own_lift(texts, version)) is not None:
        yield own


def _own_lift(texts: OperationsTexts, version: Version) -> Lift | None:
    if not _is_judged(version) or OWN not in version.metrics:
        return None
    return _lift(version, OWN, texts.contenders[OWN], texts.statuses[version_status(version)])


def _lift(version: Version, metric: str, name: str, status: str | None) -> Lift:
    number = int(version.version) if version.version.isdecimal() else version.version
    popularity, users = version.metrics[POPULARITY], int(version.metrics.get("n_evaluated_users", 0))
    low, high = (_share(version.metrics.get(bound), popularity) if metric == OWN else None for bound in BOUNDS)
    return Lift(number, name, round(version.metrics[metric] / popularity - 1, 4), low, high, users, status)


def _share(difference: float | None, popularity: float) -> float | None:
    return None if difference is None else round(difference / popularity, 4)


def _winners(texts: OperationsTexts, versions: Sequence[Version]) -> Iterator[str]:
    """A sentence for each baseline that did better than some version."""
    for metric, name in texts.contenders.items():
        beaten = [each for each in versions if each.metrics.get(metric, 0.0) > each.metrics.get(OWN, 0.0)]
        if beaten and metric not in (OWN, INCUMBENT):
            yield texts.baseline_wins.format(baseline=name, versions=", ".join(each.version for each in beaten))


def _column(texts: Texts) -> str:
    return texts.operations.version.format(version="").strip()


def _numbers(texts: Texts, version: Version) -> Mapping[str, str]:
    words = texts.operations
    numbers = {
        name: f"{version.metrics[metric]:.4f}" if metric in version.metrics else "–"
        for metric, name in words.contenders.items()
    }
    own = _own_lift(words, version)
    users = f"{version.metrics['n_evaluated_users']:.0f}" if "n_evaluated_users" in version.metrics else "–"
    return {
        _column(texts): version.version,
        words.status: words.statuses[version_status(version)],
        words.users: users,
        words.lift_axis: f"{own.lift:+.0%}" if own else "–",
        words.interval: interval(own) if own else "–",
        **numbers,
    }
