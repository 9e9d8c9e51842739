"""Charts, drawn by Streamlit's own copy of Vega from plain rows; nothing is fetched from elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Literal

import altair as alt
import streamlit as st

Rows = Sequence[Mapping[str, object]]


def show(rows: Rows, kind: str, x: str, y: str, colour: str = "", *, words: str, is_time: bool = False) -> None:
    """A chart of `rows`, which hold the columns `x`, `y` and `colour` under the names that people read.

    Args:
        rows: what to draw.
        kind: `line`, `bar`, or `share` (bars that each add up to 1).
        x: column along the bottom.
        y: column of numbers.
        colour: column that tells the lines or parts of a bar apart; empty for none.
        words: what the chart shows, for screen readers.
        is_time: whether `x` holds dates.
    """
    chart = alt.Chart(alt.InlineData(values=[dict(row) for row in rows]))
    marked = chart.mark_line(point=True, strokeWidth=2.5) if kind == "line" else chart.mark_bar()
    stack: Literal["normalize", "zero"] | bool = "normalize" if kind == "share" else "zero" if kind == "bar" else False
    encoding = {
        "x": alt.X(_field(x), type="temporal" if is_time else "ordinal", title=x, axis=alt.Axis(labelAngle=0)),
        "y": alt.Y(_field(y), type="quantitative", title=None, stack=stack, axis=alt.Axis(tickCount=5)),
        "tooltip": [alt.Tooltip(_field(name), title=name, type=_type(rows, name)) for name in (x, colour, y) if name],
    }
    if colour:
        legend = alt.Legend(orient="bottom", title=None, columns=2, labelLimit=160)
        encoding["color"] = alt.Color(_field(colour), type="nominal", legend=legend, sort=None)
    st.altair_chart(marked.encode(**encoding).properties(height=340), width="stretch", alt=words)


def table(label: str, rows: Rows) -> None:
    """The same rows as a table behind a click."""
    with st.expander(label, icon=":material/table:"):
        st.table([dict(row) for row in rows])


def _field(name: str) -> str:
    return name.replace(".", "\\.").replace("[", "\\[").replace("]", "\\]")


def _type(rows: Rows, name: str) -> Literal["quantitative", "nominal"]:
    return "quantitative" if rows and isinstance(rows[0][name], int | float) else "nominal"
