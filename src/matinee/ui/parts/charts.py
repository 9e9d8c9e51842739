"""Charts, drawn by Streamlit's own copy of Vega from plain rows; nothing is fetched from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import streamlit as st

Shape = Literal["circle", "diamond", "cross", "triangle-down", "square"]
INK = "#4a423d"
"""Of words in charts; Streamlit's own grey is too faint for small letters (WCAG 2.2, contrast 4.5)."""

_ISO = "%Y-%m-%d"

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class PointStyle:
    """How a point is drawn."""

    shape: Shape
    colour: str


@dataclass(frozen=True)
class PointMarks:
    """Points of a line that are told apart, with a legend of their own; rows without the column stay unmarked."""

    column: str
    styles: Mapping[str, PointStyle]
    """By what the column holds, in the order of the legend."""


def show(  # noqa: PLR0913  by name, as in the calls
    rows: Rows,
    kind: str,
    x: str,
    y: str,
    colour: str = "",
    *,
    words: str,
    marks: PointMarks | None = None,
    dashed: str = "",
) -> None:
    """A chart of `rows`, which hold the columns `x`, `y` and `colour` under the names that people read.

    Args:
        rows: what to draw.
        kind: `line`, `bar`, `days` (bars along dates, `YYYY-MM-DD`), or `share` (bars that each add up to 1).
        x: column along the bottom.
        y: column of numbers.
        colour: column that tells the lines or parts of a bar apart; empty for none.
        words: what the chart shows, for screen readers.
        marks: what to mark on a line.
        dashed: the line, by its `colour`, that is dashed: what lies under it is seen through the gaps.
    """
    chart = alt.Chart(alt.InlineData(values=[dict(row) for row in rows]))
    marked = chart.mark_line(point=True, strokeWidth=2.5) if kind == "line" else chart.mark_bar()
    stack: Literal["normalize", "zero"] | bool = (
        "normalize" if kind == "share" else "zero" if kind in ("bar", "days") else False
    )
    encoding = {
        "x": _days_axis(x) if kind == "days" else alt.X(_field(x), type="ordinal", title=x, axis=alt.Axis(**_AXIS)),
        "y": alt.Y(_field(y), type="quantitative", title=None, stack=stack, axis=alt.Axis(tickCount=5, labelColor=INK)),
        "tooltip": [
            _day_tooltip(name) if name == x and kind == "days" else _tooltip(rows, name)
            for name in (x, colour, y)
            if name
        ],
    }
    if colour:
        symbols: Mapping[str, Any] = {"symbolType": "stroke", "symbolSize": 500} if kind == "line" else {}
        legend = alt.Legend(orient="bottom", title=None, columns=2, labelLimit=160, labelColor=INK, **symbols)
        names = list(dict.fromkeys(str(row[colour]) for row in rows))
        encoding["color"] = alt.Color(_field(colour), type="nominal", legend=legend, scale=alt.Scale(domain=names))
        if dashed:
            scale = alt.Scale(domain=names, range=[[7, 6] if name == dashed else [1, 0] for name in names])
            encoding["strokeDash"] = alt.StrokeDash(_field(colour), type="nominal", scale=scale, legend=legend)
    drawn = marked.encode(**encoding)
    if marks is not None:
        drawn = alt.layer(drawn, _marks(rows, encoding, marks)).resolve_scale(
            color="independent", shape="independent", strokeDash="independent"
        )
    st.altair_chart(drawn.properties(height=340 if marks is None else 420), width="stretch", alt=words)


def _marks(rows: Rows, encoding: Mapping[str, Any], marks: PointMarks) -> alt.Chart:
    """Large points on top of the lines."""
    marked = [dict(row) for row in rows if marks.column in row]
    styles = {name: style for name, style in marks.styles.items() if any(row[marks.column] == name for row in marked)}
    legend = alt.Legend(orient="bottom", title=marks.column, columns=2, labelLimit=160, labelColor=INK, titleColor=INK)
    field = f"{_field(marks.column)}:N"
    shapes = alt.Scale(domain=list(styles), range=[style.shape for style in styles.values()])
    colours = alt.Scale(domain=list(styles), range=[style.colour for style in styles.values()])
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=marked))
        .mark_point(filled=True, size=170, opacity=1)
        .encode(
            x=encoding["x"],
            y=encoding["y"],
            shape=alt.Shape(field, scale=shapes, legend=legend),
            color=alt.Color(field, scale=colours, legend=legend),
            tooltip=[*encoding["tooltip"], alt.Tooltip(_field(marks.column), title=marks.column, type="nominal")],
        )
    )
    return chart


def table(label: str, rows: Rows) -> None:
    """The same rows as a table behind a click."""
    with st.expander(label, icon=":material/table:"):
        st.table([dict(row) for row in rows])


_AXIS: Mapping[str, Any] = {"labelAngle": 0, "labelColor": INK, "titleColor": INK}


def _days_axis(name: str) -> alt.X:
    """The days of a column along the bottom, in digits: names of months would be English in every language."""
    axis = alt.Axis(**_AXIS, format=_ISO, tickCount=4, labelOverlap=True)
    return alt.X(_field(name), timeUnit="utcyearmonthdate", type="temporal", title=name, axis=axis)


def _day_tooltip(name: str) -> alt.Tooltip:
    return alt.Tooltip(_field(name), timeUnit="utcyearmonthdate", type="temporal", title=name, format=_ISO)


def _tooltip(rows: Rows, name: str) -> alt.Tooltip:
    return alt.Tooltip(_field(name), title=name, type=_type(rows, name))


def _field(name: str) -> str:
    return name.replace(".", "\\.").replace("[", "\\[").replace("]", "\\]")


def _type(rows: Rows, name: str) -> Literal["quantitative", "nominal"]:
    return "quantitative" if rows and isinstance(rows[0][name], int | float) else "nominal"
