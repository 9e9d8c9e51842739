"""A chunk to test on, and what came before it, of which as little is read as somebody asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from matinee.evaluation.backtest import WINDOW
from matinee.evaluation.evaluate import Popularity
from matinee.evaluation.sample import MOST_RATINGS, people_sampled
from matinee.evaluation.split import Case, Split, cases, split_off_newest
from matinee.ratings.events import LEARNED
from matinee.stages.stores import Stores


@dataclass(frozen=True)
class TestedChunk:
    """One chunk of the ledger; a first one is split at its end."""

    __test__ = False  # no test case of pytest's

    stores: Stores
    chunk_id: int

    @cached_property
    def _whole(self) -> tuple[pl.LazyFrame, pl.DataFrame]:
        ledger, newest = self.stores.ledger, self._closed.filter(~pl.col("late"))
        if self.chunk_id > 1:
            return ledger.scan_through(self.chunk_id - 1, self.stores.not_learned_from), newest
        parts = split_off_newest(newest, self.ends_at, self.stores.settings.period)
        return parts.past.lazy(), parts.holdout

    @cached_property
    def _closed(self) -> pl.DataFrame:
        return self.stores.ledger.ratings_of(self.chunk_id)

    @property
    def past(self) -> pl.LazyFrame:
        """All ratings before the chunk; only what is collected of them is read."""
        return self._whole[0]

    @property
    def holdout(self) -> pl.DataFrame:
        """The chunk without what came late."""
        return self._whole[1]

    @cached_property
    def user_ids(self) -> list[str]:
        """Who is in the chunk."""
        return sorted(self.holdout["user_id"].unique())

    @cached_property
    def split(self) -> Split:
        """The chunk, and what its users did before it."""
        return self.split_of(self.user_ids)

    def split_of(self, users: Sequence[str]) -> Split:
        """The chunk, and what these users did before it."""
        return Split(self.past.filter(pl.col("user_id").is_in(users)).collect(), self.holdout)

    def learned_of(self, users: Sequence[str]) -> Split:
        """What a model that has learned the chunk knows of these users: what came late with it is of their past."""
        late = self._closed.filter(pl.col("late") & pl.col("user_id").is_in(users))
        past, holdout = self.split_of(users)
        return Split(pl.concat([past, late.select(past.columns)]), holdout)

    def through(self) -> pl.LazyFrame:
        """All that a model which has learned the chunk has learned, what came late included."""
        late = self._closed.filter("late")
        return self.after(pl.concat([late, self.holdout.select(late.columns)]))

    def after(self, ratings: pl.DataFrame) -> pl.LazyFrame:
        """All of the past, and then these ratings."""
        return pl.concat([part.select(LEARNED) for part in (self.past, ratings.lazy())])

    @cached_property
    def n_ratings(self) -> int:
        """Those of the past and its own, about."""
        return self.stores.ledger.n_ratings_through(self.chunk_id)

    @property
    def sampled_past(self) -> pl.DataFrame:
        """What its people did before it, and as many others as make `MOST_RATINGS` in all."""
        return people_sampled(self.past.select(LEARNED), self.user_ids, MOST_RATINGS / self.n_ratings)

    @cached_property
    def has_past(self) -> bool:
        """Whether anything came before it; all of it is looked at only where it is not of the chunk's own users."""
        return not (self.split.past.is_empty() and self.past.head(1).collect().is_empty())

    @cached_property
    def users(self) -> list[Case]:
        """Whom models can be compared on; empty without a past."""
        return list(cases(self.split, self.stores.settings.positive_rating)) if self.has_past else []

    @cached_property
    def popularity(self) -> Popularity:
        """That of the past."""
        return Popularity.of(self.past, self.stores.settings.positive_rating)

    @property
    def recent(self) -> Popularity:
        """That of the last days of the past, which is a baseline."""
        lately = self.past.filter(pl.col("rated_at") >= self.past_ends_at - WINDOW)
        return Popularity.of(lately, self.stores.settings.positive_rating)

    @property
    def ends_at(self) -> datetime:
        """End of its period."""
        return self.stores.ledger.chunk(self.chunk_id).ends_at

    @property
    def past_ends_at(self) -> datetime:
        """Where what is tested on begins."""
        chunk = self.stores.ledger.chunk(self.chunk_id)
        return chunk.starts_at if self.chunk_id > 1 else chunk.ends_at - self.stores.settings.period
