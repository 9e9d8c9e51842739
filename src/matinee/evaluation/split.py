"""The temporal split: what a user had done before, and what they liked next.

A user who was there before the holdout has that past as history. For a user who is new in the holdout, as most are
on any day, the first half of their ratings is the history and the rest is the truth.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matinee.artifact.axes import counting, events_of
from matinee.errors import BadData
from matinee.ranking import Events, Floats

Segment = Literal["warm", "new"]


class Split(NamedTuple):
    """Two frames `user_id, movie_id, rating, rated_at`; every rating of `past` came before those of `holdout`."""

    past: pl.DataFrame
    """Of those users at least that somebody is asked about."""
    holdout: pl.DataFrame


class Said(NamedTuple):
    """A history in arrays, each of shape (n,), oldest first."""

    movie_ids: list[str]
    ratings: Floats
    rated_at: NDArray[np.int64]
    """Seconds since 1970 (UTC)."""
    events: Events | None

    @classmethod
    def of(cls, history: pl.DataFrame) -> "Said":
        """A frame `movie_id, rating, rated_at`, and perhaps `event, weight`."""
        return cls(
            history["movie_id"].to_list(),
            history["rating"].to_numpy().astype(np.float32),
            history["rated_at"].dt.epoch("s").to_numpy().astype(np.int64),
            events_of(history) if "event" in history.columns else None,
        )

    def of_each(self, counts: Iterable[int]) -> Iterator["Said"]:
        """The parts that so many entries make, one after the other."""
        begins = 0
        for count in counts:
            part = slice(begins, begins := begins + count)
            events = None if self.events is None else self.events[part]
            yield Said(self.movie_ids[part], self.ratings[part], self.rated_at[part], events)


@dataclass(frozen=True)
class Case:
    """One user to evaluate."""

    user_id: str
    segment: Segment
    history: pl.DataFrame
    """`movie_id, rating, rated_at`, oldest first, not empty."""
    truth: frozenset[str]
    """Movies that the user liked next, not empty and none of them in the history."""
    now: datetime | None = None
    """When the list is asked for, which ages the history; None for the end of what the model has learned from."""

    @cached_property
    def said(self) -> Said:
        """The history in arrays, which every contender asks for."""
        return Said.of(self.history)

    def __post_init__(self) -> None:
        overlap = self.truth.intersection(self.history["movie_id"])
        if overlap:
            raise BadData(
                f"History and truth of user {self.user_id} overlap in movie {min(overlap)}.",
                "Evaluate on ratings that came after the history.",
            )


def split_off_newest(ratings: pl.DataFrame, ends_at: datetime, period: timedelta) -> Split:
    """Split one chunk at its last `period`: how a first chunk, before which there is nothing, is evaluated."""
    is_past = pl.col("rated_at") < ends_at - period
    return Split(ratings.filter(is_past), ratings.filter(~is_past))


def history_columns(split: Split) -> list[str]:
    """Columns of a history: `movie_id, rating, rated_at`, and where both frames have them `event, weight`."""
    shared = set(split.past.columns) & set(split.holdout.columns)
    return ["movie_id", "rating", "rated_at", *(["event", "weight"] if {"event", "weight"} <= shared else [])]


def cases(split: Split, positive_rating: float) -> Iterator[Case]:
    """A case for each user of the holdout of whom there is a history and a truth, in order of user id.

    Of each part and movie the rating counts that a model would learn from it: what somebody watched and then gave one
    star, or corrected to one star, was not liked.
    """
    columns = history_columns(split)
    past = counting(split.past).partition_by("user_id", as_dict=True)
    holdout = counting(split.holdout).sort("user_id", maintain_order=True)
    begins: datetime | None = split.holdout["rated_at"].min()  # type: ignore[assignment]  # polars knows no dtypes
    for (user_id,), ratings in holdout.group_by("user_id", maintain_order=True):
        segment: Segment = "warm" if (user_id,) in past else "new"
        if segment == "warm":
            history, future = past[(user_id,)], ratings
        else:
            half = ratings.height // 2
            history, future = ratings[:half], ratings[half:]
        liked = future.filter(pl.col("rating") >= positive_rating)["movie_id"]
        truth = frozenset(liked).difference(history["movie_id"])
        if truth and not history.is_empty():
            yield Case(str(user_id), segment, history.select(columns), truth, begins)
