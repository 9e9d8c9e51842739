"""Page "Operations": what is in production, how it came to be, and what can be done about it."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from matinee.clients.schemas.chunks import Chunk
from matinee.clients.schemas.versions import Versions
from matinee.errors import MatineeError
from matinee.ui.parts import charts, runs
from matinee.ui.parts.decisions import decision
from matinee.ui.parts.fates import LOOKS, fate
from matinee.ui.parts.panels import last_day, local
from matinee.ui.parts.refusals import why
from matinee.ui.parts.titles import display_title, plain
from matinee.ui.parts.visit import Visit

NEWEST = 40
"""Versions and chunks that are shown."""

OWN = "ndcg_at_10"
"""The metric of the version itself; those of its baselines have a name before it."""

INCUMBENT = f"incumbent_{OWN}"
"""The same of what was in production when the version was judged."""

SIDE_BY_SIDE = 10
"""Length of the lists that are compared."""


def show(visit: Visit) -> bool:
    """Show the page; whether all of it could be shown."""
    parts = [_versions_and_runs, _ledger, _links]
    shown = [_shown(visit, part) for part in parts]
    return all(shown)


def _shown(visit: Visit, part: Callable[[Visit], None]) -> bool:
    """Show a part, which may need something that is away while the rest of the page does not."""
    visit.client.model()  # the API server itself is of the whole page
    try:
        part(visit)
    except MatineeError as error:
        words = visit.texts.operations
        st.warning(words.away.format(reason=why(words, error)), icon=":material/cloud_off:")
        return False
    return True


def _versions_and_runs(visit: Visit) -> None:
    versions = visit.operator.versions(NEWEST)
    _in_production(visit, versions)
    newest = runs.newest_run(visit)
    numbers = [each.version for each in versions.versions]
    _look_at_what_is_new(numbers)
    words = visit.texts.operations
    runs.buttons(
        visit,
        versions,
        st.session_state.get("version") or (numbers[0] if numbers else None),
        is_busy=newest is not None and not newest.has_ended,
    )
    left, right = st.columns([2, 1], gap="large")
    with right:
        runs.progress(visit, versions, newest)
    with left:
        _timeline(visit, versions)
    if numbers:
        chosen = st.selectbox(
            words.choose_version, numbers, format_func=lambda each: words.version.format(version=each), key="version"
        )
        decision(visit, chosen)
        _compare(visit, versions)


def _look_at_what_is_new(numbers: Sequence[str]) -> None:
    """When there is a new version, that is the one to look at, whichever was chosen before."""
    newest = numbers[0] if numbers else None
    if newest and st.session_state.get("newest_version", newest) != newest:
        st.session_state["version"] = newest
    st.session_state["newest_version"] = newest


def _in_production(visit: Visit, versions: Versions) -> None:
    words, now = visit.texts.operations, versions.in_production
    with st.container(horizontal=True, border=True):
        name = words.version.format(version=now.version) if now else words.nothing
        st.metric(words.in_production, name, width="content")
        if now is None:
            return
        since = [served.since for served in now.served if served.until is None]
        st.metric(words.since, f"{local(since[-1]):%m-%d %H:%M}" if since else "–", width="content")
        through = f"{last_day(now.data_through):%Y-%m-%d}" if now.data_through else "–"
        st.metric(words.through, through, width="content")
        own, popularity = now.metrics.get(OWN), now.metrics.get("popularity_ndcg_at_10")
        if own is not None:
            beside = None if popularity is None else words.popularity.format(value=popularity)
            st.metric(words.quality, f"{own:.3f}", beside, delta_color="off", delta_arrow="off", width="content")


def _timeline(visit: Visit, versions: Versions) -> None:
    words = visit.texts.operations
    st.header(words.timeline, anchor=False)
    column, contender, verdict = words.version.format(version="").strip(), words.compare, words.verdict
    st.caption(words.quality)
    rows = [
        {
            column: int(each.version) if each.version.isdecimal() else each.version,
            contender: name,
            words.quality: round(each.metrics[metric], 4),
        }
        | ({verdict: words.fates[fate(each)]} if metric == OWN else {})
        for metric, name in words.contenders.items()
        for each in reversed(versions.versions)
        if metric in each.metrics
    ]
    if not rows:
        st.caption(words.nothing)
        return
    marks = charts.Marks(verdict, {words.fates[name]: look for name, look in LOOKS.items()})
    then = words.contenders[INCUMBENT]  # often as good as the version itself, and drawn over it
    charts.show(rows, "line", column, words.quality, contender, words=words.timeline_alt, marks=marks, dashed=then)
    table = [
        {column: each.version, verdict: words.fates[fate(each)]}
        | {
            name: f"{each.metrics[metric]:.4f}" if metric in each.metrics else "–"
            for metric, name in words.contenders.items()
        }
        for each in versions.versions
    ]
    charts.table(words.table, table)


def _compare(visit: Visit, versions: Versions) -> None:
    words = visit.texts.operations
    there = [each.version for each in versions.versions if each.is_on_disk]
    if len(there) < 2:
        return
    st.header(words.compare, anchor=False)
    st.caption(words.compare_hint)
    user_id = st.text_input(words.compare_user, visit.user_id, key="compare_user", max_chars=64, width=220).strip()
    if not user_id:
        return
    columns = st.columns(2, gap="large")
    chosen = [
        column.selectbox(
            words.version.format(version="AB"[place]),
            there,
            index=place,
            key=f"compare-{place}",
            format_func=lambda each: words.version.format(version=each),
        )
        for place, column in enumerate(columns)
    ]
    lists = [visit.operator.recommended_by(version, user_id, SIDE_BY_SIDE) for version in chosen]
    for column, own, other in zip(columns, lists, reversed(lists), strict=True):
        common = {movie.movie_id for movie in other.items}
        titles = [(movie.movie_id in common, plain(display_title(movie.title))) for movie in own.items]
        lines = [f"1. {title}" if is_common else f"1. **{title}**" for is_common, title in titles]
        column.markdown("\n".join([words.policies[own.policy], "", *lines]))


def _ledger(visit: Visit) -> None:
    words = visit.texts.operations
    st.header(words.ledger, anchor=False)
    chunks = visit.operator.chunks(15)
    if not chunks:
        st.caption(words.nothing)
        return
    st.table(
        [
            {
                words.chunk: chunk.chunk_id,
                words.days: f"{chunk.starts_at:%Y-%m-%d} – {last_day(chunk.ends_at):%Y-%m-%d}",
                words.ratings: f"{chunk.n_ratings:,}",
                words.live: chunk.n_live,
                words.quarantined: chunk.n_quarantined,
                words.why_quarantined: _why_quarantined(chunk, words.quarantine),
                words.verdict: words.verdicts.get(chunk.statistics.verdict if chunk.statistics else "", "–"),
            }
            for chunk in chunks
        ]
    )


def _why_quarantined(chunk: Chunk, names: Mapping[str, str]) -> str:
    """Reasons with their counts, the most frequent first."""
    counted = sorted(chunk.quarantine.items(), key=lambda each: -each[1])
    return ", ".join(f"{names.get(reason, plain(reason))} ({count:,})" for reason, count in counted) or "–"


def _links(visit: Visit) -> None:
    words, settings = visit.texts.operations, visit.settings
    with st.container(horizontal=True):
        st.link_button(words.airflow, f"{settings.airflow_link}/dags/train_model", icon=":material/schedule:")
        mlflow = f"{settings.mlflow_link}/#/models/movie-recommender"
        st.link_button(words.mlflow, mlflow, icon=":material/history:")
