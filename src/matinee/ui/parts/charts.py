"""Charts, drawn by Streamlit's own copy of Vega from plain rows; nothing is fetched from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import streamlit as st

Shape = Literal["circle", "diamond", "cross", "triangle-down", "square"]
INK, INK_ON_DARK = "#4a423d", "#d8ccbf"
"""Of words in charts; Streamlit's own grey is too faint for small letters (WCAG 2.2, contrast 4.5)."""

_ISO = "%Y-%m-%d"

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class PointStyle:
    """How a point is drawn."""

    shape: Shape
    colour: str


def ink() -> str:
    """Colour of words in the theme that the browser shows."""
    return INK_ON_DARK if st.context.theme.type == "dark" else INK


def show(rows: Rows, kind: str, x: str, y: str, colour: str = "", *, words: str) -> None:
    """A chart of `rows`, which hold the columns `x`, `y` and `colour` under the names that people read.

    Args:
        rows: what to draw.
        kind: `line`, `bar`, `days` (bars along dates, `YYYY-MM-DD`), or `share` (bars that each add up to 1).
        x: column along the bottom.
        y: column of numbers.
        colour: column that tells the lines or parts of a bar apart; empty for none.
        words: what the chart shows, for screen readers.
    """
    chart = alt.Chart(alt.InlineData(values=[dict(row) for row in rows]))
    marked = chart.mark_line(point=True, strokeWidth=2.5) if kind == "line" else chart.mark_bar()
    stack: Literal["normalize", "zero"] | bool = (
        "normalize" if kind == "share" else "zero" if kind in ("bar", "days") else False
    )
    encoding = {
        "x": _days_axis(x) if kind == "days" else alt.X(_field(x), type="ordinal", title=x, axis=_axis(x)),
        "y": alt.Y(
            _field(y),
            type="quantitative",
            title=None,
            stack=stack,
            axis=alt.Axis(tickCount=5, labelColor=ink(), description=y),
        ),
        "tooltip": [
            _day_tooltip(name) if name == x and kind == "days" else _tooltip(rows, name)
            for name in (x, colour, y)
            if name
        ],
    }
    if colour:
        symbols: Mapping[str, Any] = {"symbolType": "stroke", "symbolSize": 500} if kind == "line" else {}
        legend = alt.Legend(
            orient="bottom", title=None, columns=2, labelLimit=160, labelColor=ink(), description=colour, **symbols
        )
        names = list(dict.fromkeys(str(row[colour]) for row in rows))
        encoding["color"] = alt.Color(_field(colour), type="nominal", legend=legend, scale=alt.Scale(domain=names))
    st.altair_chart(marked.encode(**encoding).properties(height=340), width="stretch", alt=words)


def table(label: str, rows: Rows) -> None:
    """The same rows as a table behind a click."""
    with st.expander(label, icon=":material/table:"):
        st.table([dict(row) for row in rows])


def _axis(name: str, **more: object) -> alt.Axis:
    """An axis that screen readers call what everybody does: Vega's own description of it would be English."""
    colours = {"labelColor": ink(), "titleColor": ink()}
    return alt.Axis(labelAngle=0, description=name, **colours, **more)  # type: ignore[arg-type]  # Vega's own names


def _days_axis(name: str) -> alt.X:
    """The days of a column along the bottom, in digits: names of months would be English in every language."""
    axis = _axis(name, format=_ISO, tickCount=4, labelOverlap=True)
    return alt.X(_field(name), timeUnit="utcyearmonthdate", type="temporal", title=name, axis=axis)


def _day_tooltip(name: str) -> alt.Tooltip:
    return alt.Tooltip(_field(name), timeUnit="utcyearmonthdate", type="temporal", title=name, format=_ISO)


def _tooltip(rows: Rows, name: str) -> alt.Tooltip:
    return alt.Tooltip(_field(name), title=name, type=_type(rows, name))


def _field(name: str) -> str:
    return name.replace(".", "\\.").replace("[", "\\[").replace("]", "\\]")


def _type(rows: Rows, name: str) -> Literal["quantitative", "nominal"]:
    return "quantitative" if rows and isinstance(rows[0][name], int | float) else "nominal"
