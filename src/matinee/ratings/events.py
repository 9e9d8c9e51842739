"""What of people's events is learned, and how much each counts: a rating as its stars say, others by their weights."""

import math
from collections.abc import Mapping

import polars as pl

from matinee.errors import UsageError
from matinee.ranking.events import EVENTS, LIKED, NOT_LIKED, SAID
from matinee.ratings.scale import Scale
from matinee.settings import Settings

EVENT = pl.Enum(EVENTS)
"""Type of the column `event`."""

IS_RATING = pl.col("event") == "rating"

WEIGHTED = ("like", "watch", "purchase", "click", "view")
"""Events that may be learned as likes."""

_NAMES = {
    "rate": "rating",
    "rated": "rating",
    "review": "rating",
    "liked": "like",
    "favorite": "like",
    "favourite": "like",
    "thumbs_up": "like",
    "disliked": "dislike",
    "thumbs_down": "dislike",
    "hide": "not_interested",
    "hidden": "not_interested",
    "notinterested": "not_interested",
    "watched": "watch",
    "play": "watch",
    "played": "watch",
    "stream": "watch",
    "buy": "purchase",
    "bought": "purchase",
    "order": "purchase",
    "rent": "purchase",
    "rental": "purchase",
    "transaction": "purchase",
    "clicked": "click",
    "viewed": "view",
    "impression": "view",
    "pageview": "view",
}
"""What other systems call our events."""


def named_events(column: pl.Expr) -> pl.Expr:
    """Our names of events for those in a column of a file; null where it is empty, and unknown ones as they are."""
    plain = column.str.strip_chars().str.to_lowercase().str.replace_all(r"[\s-]+", "_")
    return pl.when(plain != "").then(plain.replace_strict(_NAMES, default=plain))


SEEN = frozenset({"watch", "purchase"})
"""Whoever did this has seen the movie, whether or not it is learned."""

MOST_OF_A_VALUE = 1e6
"""More than that often nobody watches a movie."""

_PARTS = 16
"""Weights are whole parts of 1/16, so that an artifact has few different ones."""

LEARNED = ("user_id", "movie_id", "rating", "rated_at", "event", "weight")
"""Columns of what models learn from."""


def event_weights(settings: Settings) -> Mapping[str, float]:
    """How much one of each of `WEIGHTED` counts as a like, where a liked rating counts 1; 0: it is not learned.

    Raises:
        UsageError: `MATINEE_EVENT_WEIGHTS` names something else.
    """
    weights = dict.fromkeys(WEIGHTED, 0.0)
    for part in filter(None, (part.strip() for part in settings.event_weights.split(","))):
        name, _, weight = part.partition("=")
        if name not in weights:
            raise UsageError(f"{name!r} is not an event that can be learned.", f"There are {', '.join(WEIGHTED)}.")
        weights[name] = float(weight or 1)
    return weights


def weight_of(event: str, value: float | None, weights: Mapping[str, float]) -> float:
    """How much an event counts as a like; of a share that was watched that share, of a count 1 + ln(count).

    Source: the confidence of Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets" (2008).
    """
    if event not in weights:
        return 1.0
    strength = 1.0
    if event == "watch" and value is not None:
        strength = value if value <= 1 else 1 + math.log(value)
    return round(weights[event] * strength * _PARTS) / _PARTS


def stands_for(event: str, value: float | None, weight: float) -> float:
    """The rating that an event stands for: itself, above all ratings where it is liked, else below all."""
    if event == "rating" and value is not None:
        return value
    return float(LIKED if event in WEIGHTED and weight > 0 else NOT_LIKED)


def wrong_value(event: str, value: float | None, scale: Scale) -> str:
    """What the value of an event should be, where it is something else; else empty."""
    if event not in EVENTS:
        return f"Input should be one of {', '.join(EVENTS)}"
    if event == "rating":
        is_right = value is not None and scale.holds(value)
        return "" if is_right else f"Input should be on the scale of this home: {scale.words}"
    if event == "watch":
        is_right = value is None or 0 <= value <= MOST_OF_A_VALUE
        return "" if is_right else "Input should be the share that was watched, 0 to 1, or how often it was"
    return "" if value is None else f"The event {event} has no value"


def counts(event: str, weights: Mapping[str, float]) -> bool:
    """Whether an event is part of its user's history: what was said, what was seen, and what is learned."""
    return event in SAID or event in SEEN or weights.get(event, 0) > 0


def learned(events: pl.LazyFrame, weights: Mapping[str, float]) -> pl.LazyFrame:
    """Events (`rating` is their value) as they are learned: `rating` is what they stand for, `weight` what it counts.

    Those that do not count are left out.
    """
    kept = [name for name in EVENTS if counts(name, weights)]
    value, event = pl.col("rating"), pl.col("event")
    strength = pl.when(value <= 1).then(value).otherwise(1 + value.log()).fill_null(1)
    weighed = (pl.when(event == name).then(pl.lit(each, pl.Float32)) for name, each in weights.items())
    of_event = pl.coalesce(*weighed, pl.lit(1.0, pl.Float32))  # of millions of rows much faster than `replace_strict`
    weight = pl.when(event == "watch").then(of_event * strength).otherwise(of_event)
    is_liked = event.is_in(list(WEIGHTED)) & (pl.col("weight") > 0)
    return (
        events.filter(event.is_in(kept))
        .with_columns(weight=((weight * _PARTS).round() / _PARTS).cast(pl.Float32))
        .with_columns(
            rating=pl.when(IS_RATING)
            .then(value)
            .when(is_liked)
            .then(pl.lit(LIKED, pl.Float32))
            .otherwise(pl.lit(NOT_LIKED, pl.Float32))
        )
    )
