"""What fresh data is worth: production beside itself of some days ago, as a chart and as a table."""

from collections.abc import Sequence

import altair as alt
import streamlit as st

from matinee.clients.schemas.comparisons import Gain
from matinee.ui.parts import charts
from matinee.ui.parts.challengers import interval
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields.comparisons import ComparisonTexts

COLOUR = "#2c87a6"
"""Of the marks, on light and on dark."""


def freshness(visit: Visit) -> None:
    """A mark with its interval for each age, and the same numbers as a table."""
    texts, gains = visit.texts.comparisons, visit.operator.freshness().gains
    st.header(texts.freshness, anchor=False)
    if not gains:
        st.caption(texts.freshness_nothing)
        return
    st.caption(texts.freshness_hint.format(count=max(each.n_chunks for each in gains)))
    for gain in gains:
        if gain.high is not None and gain.high < 0:
            st.caption(texts.freshness_older_better.format(age=texts.ages[gain.days]))
    st.altair_chart(_chart(texts, gains), width="stretch", alt=texts.freshness_alt)
    charts.table(visit.texts.operations.table, [_row(texts, each) for each in gains])


def _chart(texts: ComparisonTexts, gains: Sequence[Gain]) -> alt.LayerChart | alt.FacetChart:
    rows = [_row(texts, each) | {"value": each.difference, "low": each.low, "high": each.high} for each in gains]
    columns = [texts.age, texts.gain, texts.interval, texts.users]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(f"{texts.age}:O", sort=None, title=texts.age, axis=_axis(texts.age, labelAngle=0)),
        tooltip=[alt.Tooltip(f"{name}:N", title=name) for name in columns],
    )
    gain = _axis(texts.gain, format="+.1%", tickCount=5)
    nothing = alt.Chart(alt.InlineData(values=[{"value": 0}])).mark_rule(
        strokeDash=[5, 4], color=charts.ink(), aria=False
    )
    bounds = base.transform_filter("datum.low !== null").mark_rule(strokeWidth=2.5, color=charts.ink(), aria=False)
    return alt.layer(
        nothing.encode(y="value:Q"),
        bounds.encode(y=alt.Y("low:Q", title=texts.gain, axis=gain), y2="high:Q"),
        base.mark_point(filled=True, size=150, opacity=1, color=COLOUR).encode(
            y=alt.Y("value:Q", title=texts.gain, axis=gain)
        ),
    ).properties(height=280)


def _axis(name: str, **more: object) -> alt.Axis:
    """An axis that screen readers call what everybody does."""
    return alt.Axis(description=name, labelColor=charts.ink(), titleColor=charts.ink(), **more)  # type: ignore[arg-type]  # Vega's own names


def _row(texts: ComparisonTexts, gain: Gain) -> dict[str, object]:
    return {
        texts.age: texts.ages[gain.days],
        texts.gain: "–" if gain.difference is None else f"{gain.difference:+.1%}",
        texts.interval: interval(gain),
        texts.users: f"{gain.n_users:,}",
        texts.chunks: str(gain.n_chunks),
    }
