"""A chart of how much better than popularity versions are; points of different users are not joined by a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import streamlit as st

from matinee.ui.parts.charts import PointStyle, ink
from matinee.ui.texts.fields.operations import OperationsTexts


@dataclass(frozen=True)
class Lift:
    """A point of the chart."""

    version: int | str
    contender: str
    lift: float
    """Relative to popularity on the same users: 0.5 is half as good again."""

    low: float | None
    high: float | None
    """Between which bounds the lift lies, at 95 %; None where that was not measured."""

    users: int
    status: str | None
    """Of the version itself; None for a baseline."""


def show_lifts(texts: OperationsTexts, lifts: Sequence[Lift], styles: Mapping[str, PointStyle]) -> None:
    """Large marks with intervals for versions, small ones for baselines, and a line where popularity is."""
    rows = [vars(each) | {"interval": interval(each)} for each in lifts]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "version:O",
            title=texts.version.format(version="").strip(),
            axis=_axis(texts.version.format(version="").strip(), labelAngle=0),
        ),
        y=alt.Y("lift:Q", title=texts.lift_axis, axis=_axis(texts.lift_axis, format="+.0%", tickCount=5)),
        tooltip=[
            alt.Tooltip("version:N", title=texts.version.format(version="").strip()),
            alt.Tooltip("contender:N", title=texts.model),
            alt.Tooltip("lift:Q", title=texts.lift_axis, format="+.1%"),
            alt.Tooltip("interval:N", title=texts.interval),
            alt.Tooltip("users:Q", title=texts.users),
        ],
    )
    others = base.transform_filter("datum.status === null").mark_tick(thickness=4, size=30)
    bounds = base.transform_filter("datum.low !== null").mark_rule(strokeWidth=2.5, color=ink(), aria=False)
    own = base.transform_filter("datum.status !== null").mark_point(filled=True, size=150, opacity=1)
    there = [name for name in styles if any(each.status == name for each in lifts)]
    names = list(dict.fromkeys(each.contender for each in lifts if each.status is None))
    popularity = alt.Chart(alt.InlineData(values=[{"lift": 0}])).mark_rule(strokeDash=[5, 4], color=ink(), aria=False)
    chart = alt.layer(
        popularity.encode(y="lift:Q"),
        bounds.encode(y=alt.Y("low:Q", title=texts.lift_axis), y2="high:Q"),
        others.encode(
            color=alt.Color(
                "contender:N", title=texts.model, scale=alt.Scale(domain=names), legend=_legend(texts.model)
            )
        ),
        own.encode(
            shape=alt.Shape(
                "status:N",
                title=texts.status,
                scale=alt.Scale(domain=there, range=[styles[name].shape for name in there]),
                legend=_legend(texts.status),
            ),
            color=alt.Color(
                "status:N",
                title=texts.status,
                scale=alt.Scale(domain=there, range=[styles[name].colour for name in there]),
                legend=_legend(texts.status),
            ),
        ),
    ).resolve_scale(color="independent", shape="independent")
    st.altair_chart(chart.properties(height=420), width="stretch", alt=texts.timeline_alt)


def interval(lift: Lift) -> str:
    """The bounds as people read them."""
    return "–" if lift.low is None or lift.high is None else f"{lift.low:+.0%} … {lift.high:+.0%}"


def _axis(name: str, **more: object) -> alt.Axis:
    return alt.Axis(labelColor=ink(), description=name, titleColor=ink(), **more)  # type: ignore[arg-type]  # names of Vega's own


def _legend(title: str) -> alt.Legend:
    return alt.Legend(
        orient="bottom", title=title, description=title, columns=2, labelLimit=170, labelColor=ink(), titleColor=ink()
    )
