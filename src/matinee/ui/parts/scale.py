"""What people click to rate a movie: stars, thumbs, points, or a number, whatever the scale of the home is."""

import math
from typing import Any

import streamlit as st

from matinee.ratings.scale import Scale

MOST_POINTS = 11
"""Ratings that are buttons of their own; of more, a number is typed."""

N_STARS = 5


def has_stars(scale: Scale) -> bool:
    """Whether ratings are stars: up to five, in whole or half ones."""
    return scale.highest == N_STARS and scale.lowest >= 0 and scale.step in (0.5, 1)


def rating_input(scale: Scale, label: str, known: float | None, key: str, **asked: Any) -> None:  # noqa: ANN401
    """Something to click that always shows what the server knows, whatever was clicked before; `asked` of a change."""
    asked["key"] = key
    points = _points(scale)
    if has_stars(scale):
        st.session_state[key] = None if known is None else max(math.ceil(known), 1) - 1
        st.feedback("stars", **asked)
    elif len(points) == 2:
        st.session_state[key] = None if known is None else _nearest(points, known)
        st.feedback("thumbs", **asked)
    elif points:
        st.session_state[key] = None if known is None else points[_nearest(points, known)]
        shown = (lambda _: ":material/thumb_up:") if len(points) == 1 else "{:g}".format
        st.segmented_control(label, points, format_func=shown, label_visibility="collapsed", **asked)
    else:
        st.session_state[key] = known
        asked |= {"min_value": scale.lowest, "max_value": scale.highest, "step": scale.step or None}
        st.number_input(label, value=None, placeholder=scale.words, label_visibility="collapsed", **asked)


def clicked_rating(scale: Scale, key: str) -> float | None:
    """The rating that was clicked; None for one that was taken away."""
    clicked = st.session_state[key]
    if clicked is None:
        return None
    if has_stars(scale):
        return float(clicked + 1)
    points = _points(scale)
    return points[clicked] if len(points) == 2 else float(clicked)


def _points(scale: Scale) -> list[float]:
    """All ratings of a scale that has few; else none."""
    if scale.is_single:
        return [scale.lowest]
    n_steps = round((scale.highest - scale.lowest) / scale.step) if scale.step else MOST_POINTS
    return [scale.lowest + each * scale.step for each in range(n_steps + 1)] if n_steps < MOST_POINTS else []


def _nearest(points: list[float], known: float) -> int:
    return min(range(len(points)), key=lambda place: abs(points[place] - known))
