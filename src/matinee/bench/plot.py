"""A small SVG of lines, without a library."""

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, MARGIN = 720, 150, 56
COLOURS = ("#4051b5", "#d9480f", "#2b8a3e")
MOST_POINTS = 200

Lines = dict[str, Sequence[float]]


def panels(charts: dict[str, Lines], last: str, at: Sequence[float] | None = None) -> str:
    """Charts below each other, each with its title, the same axis along and its own scale from zero up.

    Args:
        charts: lines by name, by title.
        last: what stands at the end of the axis.
        at: where the points of all lines lie along the axis, from zero on; None for one step each.
    """
    height = HEIGHT * len(charts)
    parts = [_panel(title, lines, n * HEIGHT, last, at) for n, (title, lines) in enumerate(charts.items())]
    style = "text{font:11px sans-serif;fill:#888}path{fill:none;stroke-width:1.5}line{stroke:#8886}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<style>{style}</style>{''.join(parts)}</svg>\n"
    )


def _panel(title: str, lines: Lines, top: int, last: str, at: Sequence[float] | None) -> str:
    largest = max((max(values) for values in lines.values() if values), default=0.0) or 1.0
    base = top + HEIGHT - 24
    parts = [
        f'<text x="{MARGIN}" y="{top + 14}">{escape(title)}</text>',
        f'<line x1="{MARGIN}" y1="{base}" x2="{WIDTH - 8}" y2="{base}"/>',
        f'<text x="4" y="{top + 30}">{largest:.3g}</text><text x="4" y="{base}">0</text>',
        f'<text x="{WIDTH - 8}" y="{base + 14}" text-anchor="end">{escape(last)}</text>',
    ]
    for (name, values), colour, position in zip(lines.items(), COLOURS, range(len(lines)), strict=False):
        path = _path(values, range(len(values)) if at is None else at, largest, base, top)
        parts.append(f'<path stroke="{colour}" d="{path}"/>')
        parts.append(
            f'<text x="{MARGIN + 260 + 150 * position}" y="{top + 14}" style="fill:{colour}">{escape(name)}</text>'
        )
    return "".join(parts)


def _path(values: Sequence[float], at: Sequence[float], largest: float, base: int, top: int) -> str:
    step = max(1, len(values) // MOST_POINTS)
    across, up = (WIDTH - MARGIN - 8) / (max(at, default=0) or 1), base - top - 24
    shown = [(at[n], values[n]) for n in range(0, len(values), step)]
    points = [f"{MARGIN + place * across:.1f} {base - value / largest * up:.1f}" for place, value in shown]
    return f"M{'L'.join(points)}" if points else ""
