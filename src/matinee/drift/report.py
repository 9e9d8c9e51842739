"""The data watch's report of a chunk: one HTML page that needs nothing else, with its charts as SVG inside."""

from collections.abc import Sequence
from html import escape

from matinee.drift.agreement import Agreement
from matinee.drift.data_watch import Shares, Watched
from matinee.drift.records import ChunkStatistics, Verdict
from matinee.drift.rules import DRIFT_P_VALUE, DRIFT_POPULARITY_DISTANCE, DRIFT_RATING_DISTANCE

NAME = "data_watch.html"
"""What the report is called in MLflow."""

_MEANING: dict[Verdict, str] = {
    "usual": "Nothing about this chunk is out of the ordinary.",
    "drifted": "A warning: the chunk is learned from like any other.",
    "refused": "The chunk is clearly broken: nothing is learned from it until somebody decides.",
}

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2129; --soft: #667080; --line: #d9dde3; --paper: #fff;
  --chunk: #2f6fdd; --past: #a9b2bf; --usual: #1d7a46; --drifted: #96600a; --refused: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaee; --soft: #9aa4b2; --line: #363c46; --paper: #16191e;
  --chunk: #78a6ff; --past: #5b6573; --usual: #62c48e; --drifted: #e0aa4e; --refused: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.usual { color: var(--usual); } .drifted { color: var(--drifted); } .refused { color: var(--refused); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .5rem .3rem 0;
  border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; } th { font-weight: normal; }
td.note, figcaption { color: var(--soft); font-size: .875rem; }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 11px; }
.chunk { fill: var(--chunk); color: var(--chunk); } .past { fill: var(--past); color: var(--past); }
"""

_WIDTH, _HEIGHT, _HEAD, _FOOT = 640, 180, 16, 22
_N_LABELLED = 24
"""Bars, more of which have no room for a figure each; the figure is then shown under the pointer only."""


def report(watched: Watched) -> str:
    """The page, as text; everything that comes from the ratings is escaped."""
    chunk, found = watched.chunk, watched.statistics
    title = f"Chunk {chunk.chunk_id}: {found.verdict}"
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in found.reasons)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{_STYLE}</style></head><body>
<h1>Chunk {chunk.chunk_id}: <span class="{found.verdict}">{found.verdict}</span></h1>
<p>{_MEANING[found.verdict]}</p><ul>{reasons}</ul>
<p>Ratings of {chunk.starts_at:%Y-%m-%d} to {chunk.ends_at:%Y-%m-%d} from {escape(chunk.source)},
watched {found.watched_at:%Y-%m-%d %H:%M} UTC.</p>
<h2>Figures</h2>{_figures(found, watched.agreement)}
<h2>How people rate</h2>{_shares("Share of the ratings with each value", watched.by_rating)}
<h2>What they rate</h2>{
        _shares("Share of the ratings by the popularity of their movies in the past", watched.by_popularity)
    }
<h2>How much they rate</h2>{_sizes(watched)}
</body></html>
"""


def _figures(found: ChunkStatistics, agreement: Agreement) -> str:
    rows = [
        ("ratings", f"{found.n_ratings:,}", f"usual: {_number(found.usual_n_ratings, ',.0f')}"),
        ("users", f"{found.n_users:,}", f"{found.new_user_share:.0%} are new"),
        ("movies", f"{found.n_movies:,}", f"{found.new_movie_share:.0%} are new"),
        ("mean rating", _number(found.mean_rating, ".2f"), ""),
        (
            "ratings of a user",
            _number(found.ratings_per_user, ".1f"),
            f"mean; the busiest gave {found.most_ratings_of_a_user:,}",
        ),
        ("rows in quarantine", f"{found.quarantine_share:.1%}", "of what came with the chunk"),
        ("rating distance", *_distance(found.rating_distance, found.rating_p_value, DRIFT_RATING_DISTANCE)),
        (
            "popularity distance",
            *_distance(found.popularity_distance, found.popularity_p_value, DRIFT_POPULARITY_DISTANCE),
        ),
        ("popularity overlap", _number(found.popularity_overlap, ".0%"), "of the 50 most rated movies"),
        ("movies rated as before", *_agreement(agreement)),
    ]
    cells = "".join(f"<tr><th>{what}</th><td>{value}</td><td class=note>{note}</td></tr>" for what, value, note in rows)
    return f"<table>{cells}</table>"


def _agreement(agreement: Agreement) -> tuple[str, str]:
    if not agreement.is_asked:
        return "–", "not asked: too few rated movies to tell"
    return f"{agreement.correlation:.2f}", f"correlation; usual: {agreement.usual:.2f}"


def _distance(distance: float | None, p_value: float | None, least: float) -> tuple[str, str]:
    if distance is None or p_value is None:
        return "–", ""
    return f"{distance:.3f}", f"p = {p_value:.4f}; a drift from {least} with p at most {DRIFT_P_VALUE}"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _shares(caption: str, shares: Shares) -> str:
    """Two bars for each category, the chunk's and its past's."""
    chunk, past = ([count / (counts.sum() or 1) for count in counts] for counts in (shares.chunk, shares.past))
    legend = '<span class="chunk">■</span> this chunk, <span class="past">■</span> its past'
    groups = [
        (name, [("chunk", own, f"{own:.0%}"), ("past", before, f"{before:.0%}")])
        for name, own, before in zip(shares.categories, chunk, past, strict=True)
    ]
    return _bars(f"{escape(caption)}; {legend}.", groups)


def _sizes(watched: Watched) -> str:
    """One bar for each chunk; the first is a long history, beside which no day could be seen."""
    own = watched.chunk.chunk_id
    days = {chunk_id: size for chunk_id, size in watched.sizes.items() if chunk_id != 1}
    sizes = {**days, own: watched.statistics.n_ratings}
    groups = [
        (str(chunk_id), [("chunk" if chunk_id == own else "past", float(size), f"{size:,}")])
        for chunk_id, size in sizes.items()
    ]
    return _bars("Ratings of this chunk and of those before it without the first, by chunk id.", groups)


def _bars(caption: str, groups: Sequence[tuple[str, Sequence[tuple[str, float, str]]]]) -> str:
    """Bars in groups with a name below each: of every bar its kind (`chunk`, `past`), height and figure."""
    highest = max((height for _, bars in groups for _, height, _ in bars), default=0) or 1
    step, n_bars = _WIDTH / max(len(groups), 1), sum(len(bars) for _, bars in groups)
    shapes = []
    for position, (name, bars) in enumerate(groups):
        width = step * 0.8 / len(bars)
        for place, (kind, value, figure) in enumerate(bars):
            height = value / highest * (_HEIGHT - _HEAD - _FOOT)
            left = position * step + step * 0.1 + place * width
            shapes.append(
                f'<rect class="{kind}" x="{left:.1f}" y="{_HEIGHT - _FOOT - height:.1f}" width="{width:.1f}"'
                f' height="{height:.1f}"><title>{escape(name)}: {figure}</title></rect>'
            )
            if n_bars <= _N_LABELLED:
                shapes.append(_text(left + width / 2, _HEIGHT - _FOOT - height - 4, figure))
        shapes.append(_text((position + 0.5) * step, _HEIGHT - 6, name))
    chart = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join(shapes)}</svg>'
    return f"<figure>{chart}<figcaption>{caption}</figcaption></figure>"


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'
