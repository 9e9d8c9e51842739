"""Page "Data": how many ratings come, from whom, how they change from chunk to chunk, and what is recommended."""

from datetime import UTC

import streamlit as st

from matinee.clients.schemas.chunks import Chunk
from matinee.drift.records import ChunkStatistics
from matinee.ui.parts import charts
from matinee.ui.parts.dates import last_day, local
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit, model_of
from matinee.ui.texts.sentences import translated

NEWEST = 60
"""Chunks that are drawn."""

FEW = 20
"""Lists: with fewer, the share of the catalogue that was in them says no more than that hardly anybody asked."""

MANY = 300
"""Ratings of one user in a chunk that are named: more than people give in a day."""

Watched = list[tuple[Chunk, ChunkStatistics]]


def show(visit: Visit) -> bool:
    """Show the page; always all of it."""
    words = visit.texts.data
    chunks = visit.operator.chunks(NEWEST)
    watched = [(chunk, chunk.statistics) for chunk in reversed(chunks) if chunk.statistics is not None]
    _coverage(visit)
    if not watched:
        st.info(words.none_yet)
        return True
    _warnings(visit, watched)
    left, right = st.columns(2, gap="large")
    with left:
        _per_day(visit, watched)
        _drift(visit, watched)
    with right:
        _newcomers(visit, watched)
        _stars(visit, watched)
    return True


def _coverage(visit: Visit) -> None:
    """Of the catalogue, how much was shown since the model was loaded, and how much it would show to all."""
    words, found = visit.texts.data, visit.operator.coverage()
    left, right = st.columns(2, gap="large")
    with left:
        shown = f"{found.recommended_movies_ratio:.1%}" if found.n_lists >= FEW else words.too_few_lists
        st.metric(words.coverage, shown, width="content")
        version, since = escaped(found.model_version or "–"), f"{local(found.since):%Y-%m-%d %H:%M}"
        st.caption(words.coverage_hint.format(count=found.n_movies, lists=found.n_lists, version=version, since=since))
    with right:
        _coverage_offline(visit, found.model_version)


def _coverage_offline(visit: Visit, version: str | None) -> None:
    metrics = model_of(visit.url).metrics
    own, popularity = metrics.get("coverage_at_10"), metrics.get("popularity_coverage_at_10")
    if version is not None and own is not None and popularity is not None:
        words = visit.texts.data
        st.metric(words.coverage_offline, f"{own:.1%}", width="content")
        st.caption(words.coverage_offline_hint.format(version=escaped(version), popularity=popularity))


def _warnings(visit: Visit, watched: Watched) -> None:
    texts = visit.texts
    for chunk, found in watched[-5:]:
        if found.verdict != "usual":
            verdict = texts.data.verdicts.get(found.verdict, found.verdict)
            reasons = escaped(" ".join(translated(reason, texts.sentences) for reason in found.reasons))
            warning = texts.data.not_usual.format(chunk=chunk.chunk_id, verdict=verdict, reasons=reasons)
            st.warning(warning, icon=":material/monitoring:")
        if chunk.chunk_id > 1 and found.most_ratings_of_a_user >= MANY:
            count, total = found.most_ratings_of_a_user, found.n_ratings
            text = texts.data.one_user.format(chunk=chunk.chunk_id, count=count, total=total)
            st.warning(text, icon=":material/person_alert:")


def _section(visit: Visit, title: str, hint: str, rows: charts.Rows, **drawn: object) -> None:
    st.header(title, anchor=False)
    if hint:
        st.caption(hint)
    if not rows:
        st.caption(visit.texts.data.from_the_second)
        return
    charts.show(rows, words=title, **drawn)  # type: ignore[arg-type]  # the names are those of `show`
    charts.table(visit.texts.operations.table, rows)


def _per_day(visit: Visit, watched: Watched) -> None:
    words = visit.texts.data
    days, n_elsewhere = _by_day(watched)
    rows = [{words.day: day, words.ratings: count} for day, count in sorted(days.items())]
    hint = words.live.format(count=n_elsewhere) if n_elsewhere else ""
    _section(visit, words.per_day, hint, rows, kind="days", x=words.day, y=words.ratings)


def _by_day(watched: Watched) -> tuple[dict[str, int], int]:
    """Ratings by day of the chunks' own time, and the number of those of other days.

    A chunk of 1997 has the ratings that people gave on the page since the chunk before: their days would leave no
    room for its own.
    """
    days: dict[str, int] = {}
    n_elsewhere = 0
    for chunk, found in watched:
        first, last = (f"{day.astimezone(UTC):%Y-%m-%d}" for day in (chunk.starts_at, last_day(chunk.ends_at)))
        for day, count in found.ratings_by_day.items():
            if first <= day <= last:
                days[day] = days.get(day, 0) + count
            else:
                n_elsewhere += count
    return days, n_elsewhere


def _newcomers(visit: Visit, watched: Watched) -> None:
    words = visit.texts.data
    # All are new in the first chunk, beside which the others would not be seen.
    rows = [
        {words.chunk: chunk.chunk_id, words.kind: kind, words.count: count}
        for chunk, found in watched
        if chunk.chunk_id > 1
        for kind, count in ((words.new_users, found.n_new_users), (words.new_movies, found.n_new_movies))
    ]
    _section(visit, words.newcomers, "", rows, kind="line", x=words.chunk, y=words.count, colour=words.kind)


def _drift(visit: Visit, watched: Watched) -> None:
    words = visit.texts.data
    rows = [
        {words.chunk: chunk.chunk_id, words.kind: kind, words.distance: round(distance, 4)}
        for chunk, found in watched
        for kind, distance in (
            (words.rating_distance, found.rating_distance),
            (words.popularity_distance, found.popularity_distance),
        )
        if distance is not None
    ]
    _section(
        visit, words.drift, words.drift_hint, rows, kind="line", x=words.chunk, y=words.distance, colour=words.kind
    )


def _stars(visit: Visit, watched: Watched) -> None:
    words = visit.texts.data
    rows = [
        {words.chunk: chunk.chunk_id, words.kind: f"★ {float(stars):g}", words.share: count}
        for chunk, found in watched
        for stars, count in found.rating_histogram.items()
    ]
    _section(visit, words.stars, words.stars_hint, rows, kind="share", x=words.chunk, y=words.share, colour=words.kind)
