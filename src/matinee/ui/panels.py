"""What stands beside the movies: the user's own ratings, and the model that serves."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from matinee.airflow import ROLLBACK, Airflow, new_run_id
from matinee.errors import MatineeError
from matinee.settings import Settings
from matinee.ui.client import KnownRating, ModelInfo
from matinee.ui.texts import Texts
from matinee.ui.titles import display_title, plain
from matinee.ui.visit import Visit

NEWEST = 8
"""Own ratings that are shown without a click."""


def own_ratings(visit: Visit) -> None:
    """The user's ratings, newest first."""
    texts, ratings = visit.texts, visit.ratings
    with st.container(border=True):
        st.markdown(f"#### {texts.your_ratings}")
        if not ratings:
            st.caption(texts.no_ratings)
            return
        st.markdown(_lines(ratings[:NEWEST], texts))
        if older := ratings[NEWEST:]:
            label = texts.more_ratings.format(count=len(older))
            opened = st.expander(label, type="compact", key="older", on_change="rerun")
            if opened.open:
                opened.markdown(_lines(older, texts))


def _lines(ratings: Sequence[KnownRating], texts: Texts) -> str:
    """All in one piece of Markdown: hundreds of ratings stay one element of the page."""
    return "\n".join(f"- {_line(known, texts)}" for known in ratings)


def _line(known: KnownRating, texts: Texts) -> str:
    title = plain(display_title(known.title or known.movie_id))
    note = f" :blue-badge[{texts.not_learned}]" if known.source == "live" else ""
    return f"{title} :orange[{stars_text(known.rating)}] :small[:gray[{_date(_local(known.rated_at))}]]{note}"


def stars_text(rating: float) -> str:
    """Stars as text: 3.5 is ★★★½."""
    return "★" * math.floor(rating) + ("½" if rating % 1 else "")


def serving_model(model: ModelInfo, texts: Texts, settings: Settings) -> None:
    """Which model serves, how good it is, and where to read more."""
    with st.container(border=True):
        st.markdown(f"#### {texts.model}")
        if model.version is None:
            st.markdown(f"**{texts.no_version}**")
        else:
            _version(model, texts)
            _quality(model, texts)
            _roll_back(texts, settings)
        st.link_button(texts.airflow, settings.airflow_link, icon=":material/schedule:", width="stretch")
        st.link_button(texts.mlflow, settings.mlflow_link, icon=":material/history:", width="stretch")


def _version(model: ModelInfo, texts: Texts) -> None:
    through = "–" if model.data_through is None else f"{_last_day(model.data_through):%Y-%m-%d}"
    facts = [
        (texts.data_through, through),
        (texts.algorithm, model.algorithm),
        (texts.loaded_at, f"{_local(model.loaded_at):%Y-%m-%d %H:%M}"),
    ]
    st.markdown(f"**{plain(model.name)} · {texts.version.format(version=plain(model.version or ''))}**")
    st.markdown("\n".join(f"- {label}: **{plain(value)}**" for label, value in facts))


def _quality(model: ModelInfo, texts: Texts) -> None:
    own, popularity = model.metrics.get("ndcg_at_10"), model.metrics.get("popularity_ndcg_at_10")
    if own is None:
        st.caption(texts.not_measured)
        return
    with st.container(horizontal=True):
        st.metric(texts.ndcg, f"{own:.3f}", help=texts.ndcg_help, width="content")
        if popularity is not None:
            st.metric(texts.popularity, f"{popularity:.3f}", width="content")
    if (users := model.metrics.get("n_evaluated_users")) is not None:
        st.caption(texts.ndcg_users.format(count=users))


def _roll_back(texts: Texts, settings: Settings) -> None:
    with st.popover(texts.roll_back, icon=":material/undo:", width="stretch"):
        st.caption(texts.roll_back_help)
        if st.button(texts.roll_back_now, key="roll_back", type="primary"):
            try:
                with Airflow(settings, absence_s=0) as airflow:
                    airflow.trigger(ROLLBACK, new_run_id("page"))
            except MatineeError as error:
                st.warning(plain(str(error)))
            else:
                st.info(texts.rolling_back)


def _date(moment: datetime) -> str:
    """Year, month and day, with hyphens at which no line breaks."""
    return f"{moment:%Y-%m-%d}".replace("-", "\u2011")


def _last_day(end: datetime) -> datetime:
    """The last day (UTC) before an exclusive end."""
    return end.astimezone(UTC) - timedelta(microseconds=1)


def _local(moment: datetime) -> datetime:
    """The moment on the clock of the browser."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except ZoneInfoNotFoundError:
        return moment.astimezone(UTC)
    return moment.astimezone(zone)
