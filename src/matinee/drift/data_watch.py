"""The data watch: what a chunk is beside its past, before anything is learned from it.

Ratings are compared in clusters (a person's ratings of one period) and movies in groups of like popularity.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

import numpy as np
import polars as pl

from matinee import clock
from matinee.drift.agreement import Agreement, Agreements
from matinee.drift.comparison import Counts, distance, p_value
from matinee.drift.movie_groups import GROUPS, NEW, MovieGroups
from matinee.drift.patterns import Patterns
from matinee.drift.records import COMPARISONS, ChunkStatistics, StatisticsStore
from matinee.drift.rules import Beside, judge
from matinee.evaluation.sample import people_sampled
from matinee.ratings.events import IS_RATING
from matinee.ratings.ledger import Chunk, ChunkLedger
from matinee.ratings.scale import Scale
from matinee.ratings.sources import scale_of
from matinee.settings import Settings

N_TOP = 50
"""Most rated movies that are looked at for `popularity_overlap`."""

MOST_EXCHANGED = 1_000_000
"""Ratings of the past whose clusters are exchanged with the chunk's for a p-value; those of some people where there are
more."""

N_USUAL = 30
"""Newest periods whose median size is usual."""

COMPARED = ("user_id", "movie_id", "rating", "rated_at", "event", "chunk_id")
"""What is compared of each rating."""

_CLUSTER = ["user_id", "chunk_id", "window"]
_GROUPED = range(len(GROUPS))


@dataclass(frozen=True)
class Shares:
    """Ratings of a chunk and of its past by category; counts are in the order of `categories`."""

    categories: tuple[str, ...]
    chunk: Counts
    past: Counts


@dataclass(frozen=True)
class Watched:
    """A chunk beside its past."""

    chunk: Chunk
    statistics: ChunkStatistics
    by_rating: Shares
    by_popularity: Shares
    sizes: dict[int, int]
    """Ratings of the chunks of its past, newest 30, by chunk id, in order."""
    patterns: Patterns
    """What programs do and people hardly do."""
    agreement: Agreement
    """Whether its movies are rated as they were before."""


def watch(settings: Settings, ledger: ChunkLedger, store: StatisticsStore, chunk_id: int) -> Watched:
    """Compare a chunk with its past. Its statistics are kept, and stay what they were when it was watched first.

    Args:
        settings: the period, and whether refusals count.
        ledger: has the chunk and its past.
        store: keeps the statistics.
        chunk_id: the chunk.

    Raises:
        NotFound: there is no such chunk.
        BadData: it is not closed yet, or its file is damaged and cannot be rebuilt.
    """
    chunk, ratings = ledger.chunk(chunk_id), ledger.ratings_of(chunk_id).select(COMPARED)
    without = store.not_learned_from(settings.watch) | {chunk_id}
    past = ledger.scan_through(chunk_id, without).select(COMPARED).collect()
    comparison = Comparison(chunk, ratings, past, settings.period, scale_of(settings))
    kinds = dict(ledger.interactions_of(chunk_id)["event"].cast(pl.String).value_counts().sort("event").iter_rows())
    store.keep(replace(comparison.statistics(), events=kinds))
    in_past = set(past["chunk_id"].unique())
    sizes = {each.chunk_id: each.n_ratings for each in ledger.chunks() if each.chunk_id in in_past}
    newest = dict(list(sizes.items())[-N_USUAL:])
    return Watched(
        chunk=chunk,
        statistics=store.of(chunk_id),
        by_rating=comparison.by_rating,
        by_popularity=comparison.by_popularity,
        sizes=newest,
        patterns=comparison.patterns,
        agreement=comparison.agreement,
    )


class Comparison:
    """Everything that is computed of a chunk and its past.

    Args:
        chunk: from the ledger.
        ratings: its ratings (`COMPARED`).
        past: in the same columns, those of the chunks before it that are learned from.
        scale: of all ratings of the home.
        period: length of a chunk. The first chunk is a history, and counts as as many as it has periods with ratings.
    """

    def __init__(
        self, chunk: Chunk, ratings: pl.DataFrame, past: pl.DataFrame, period: timedelta, scale: Scale
    ) -> None:
        # As they come from the ledger; benchmarks have them as text.
        ratings, past = (
            each.with_columns(pl.col("user_id", "movie_id").cast(pl.Categorical)) for each in (ratings, past)
        )
        self._chunk = chunk
        self._scale = scale
        self._past = _labelled(past, period)
        self._groups = MovieGroups(past)
        self._ratings = self._groups.of_chunk(_labelled(ratings, period))
        self._is_comparable = not (ratings.is_empty() or past.is_empty())

    @cached_property
    def patterns(self) -> Patterns:
        """What programs do and people hardly do."""
        return Patterns(self._ratings, self._past)

    @cached_property
    def agreement(self) -> Agreement:
        """Whether its movies are rated as they were before."""
        return Agreements(self._ratings, self._past).of_chunk

    @cached_property
    def by_rating(self) -> Shares:
        """Ratings by value, to one decimal."""
        names = tuple(f"{tenths / 10:.1f}" for tenths in self._tenths)
        return Shares(names, *(_counts(frame["tenths"], self._tenths) for frame in (self._ratings, self._past)))

    @cached_property
    def by_popularity(self) -> Shares:
        """Ratings by the popularity of their movies."""
        return Shares(GROUPS, _counts(self._ratings["group"], _GROUPED), _in_order(self._groups.past(), _GROUPED))

    def statistics(self) -> ChunkStatistics:
        """What is kept, with the verdict."""
        found = self._statistics()
        verdict, reasons = judge(found, self._beside())
        return replace(found, verdict=verdict, reasons=reasons)

    def _statistics(self) -> ChunkStatistics:
        ratings, rating, quarantined = self._ratings, self.by_rating, self._chunk.n_quarantined
        users, stars = ratings["user_id"].value_counts(), ratings["rating"].drop_nulls()
        of_new_users = self.patterns.of_new_users
        of_new_movies = ratings.filter(group=NEW)
        return ChunkStatistics(
            chunk_id=self._chunk.chunk_id,
            verdict="usual",
            reasons=[],
            n_ratings=ratings.height,
            n_users=users.height,
            n_new_users=of_new_users["user_id"].n_unique(),
            n_ratings_of_new_users=of_new_users.height,
            n_movies=ratings["movie_id"].n_unique(),
            n_new_movies=of_new_movies["movie_id"].n_unique(),
            n_ratings_of_new_movies=of_new_movies.height,
            ratings_by_day=_by_day(ratings),
            rating_histogram={name: int(n) for name, n in zip(rating.categories, rating.chunk, strict=True) if n},
            mean_rating=float(stars.to_numpy().mean(dtype=float)) if len(stars) else None,
            ratings_per_user=ratings.height / users.height if users.height else None,
            most_ratings_of_a_user=max(users["count"], default=0),
            quarantine_share=quarantined / (quarantined + ratings.height) if quarantined else 0.0,
            **(self._comparisons() if self._is_comparable else dict.fromkeys(COMPARISONS)),
            watched_at=clock.now(),
        )

    def _comparisons(self) -> dict[str, float | None]:
        rating, popularity, seed = self.by_rating, self.by_popularity, self._chunk.chunk_id
        are_rated = rating.chunk.any() and rating.past.any()
        return {
            "usual_n_ratings": self._usual_n_ratings(),
            "rating_distance": distance(rating.chunk, rating.past) if are_rated else None,
            "rating_p_value": self._rating_p_value() if are_rated else None,
            "popularity_distance": distance(popularity.chunk, popularity.past),
            "popularity_p_value": p_value(*self._clusters("group"), seed),
            "popularity_overlap": self._overlap(),
        }

    def _rating_p_value(self) -> float | None:
        """None where nobody of the past's people that are looked at gave stars."""
        chunk, past = self._clusters("tenths")
        return p_value(chunk, past, self._chunk.chunk_id) if len(chunk) and len(past) else None

    def _beside(self) -> Beside:
        """What the rules want to know beside the statistics."""
        by_user = self._ratings.group_by("user_id").agg((pl.col("group") == NEW).mean())["group"]
        rating, popularity, n_past = self.by_rating, self.by_popularity, self._past.height
        return Beside(
            has_one_rating=self._scale.is_single,
            covers_time=self._chunk.starts_at < self._chunk.ends_at,
            has_past=n_past > 0,
            n_users_with_stars=self._ratings.filter(pl.col("tenths").is_not_null())["user_id"].n_unique(),
            largest_rating_share=float(rating.past.max(initial=0)) / max(float(rating.past.sum()), 1.0),
            expected_new_movie_share=float(popularity.past[NEW]) / n_past if n_past else 1.0,
            explorer_share=float((by_user > 0.5).to_numpy().mean()) if by_user.len() else 0.0,
            patterns=self.patterns,
            agreement=self.agreement,
        )

    @cached_property
    def _tenths(self) -> list[int]:
        return sorted({*self._ratings["tenths"].unique(), *self._past["tenths"].unique()} - {None})

    def _clusters(self, column: str) -> tuple[Counts, Counts]:
        """Counts by category of `tenths` or `group`, of each cluster of the chunk, and of its past, that has any."""
        counts = (frame.select(pl.col(f"^{column} .*$")).to_numpy() for frame in self._by_cluster)
        chunk, past = (each[each.any(axis=1)] for each in counts)
        return chunk, past

    @cached_property
    def _by_cluster(self) -> Sequence[pl.DataFrame]:
        """Of chunk and past, a row for each cluster, in the order in which they come; of a large past some people's.

        Whatever sample of clusters the chunk's are exchanged with, a p-value is what it says.
        """
        categories = [("tenths", each) for each in self._tenths] + [("group", each) for each in _GROUPED]
        counts = [
            (pl.col(column) == each).sum().cast(pl.Float64).alias(f"{column} {each}") for column, each in categories
        ]
        is_large = self._past.height > MOST_EXCHANGED
        past = people_sampled(self._past.lazy(), (), MOST_EXCHANGED / self._past.height) if is_large else self._past
        both = self._ratings, self._groups.of_past(past)
        return [frame.group_by(_CLUSTER, maintain_order=True).agg(counts) for frame in both]

    def _usual_n_ratings(self) -> float:
        sizes = self._past.group_by("chunk_id", "window").len().sort("chunk_id", "window")["len"]
        return float(np.median(sizes.tail(N_USUAL)))

    def _overlap(self) -> float | None:
        if self._ratings["movie_id"].n_unique() < N_TOP:
            return None
        chunk, past = (groups.most_rated(N_TOP) for groups in (MovieGroups(self._ratings), self._groups))
        return len(chunk & past) / N_TOP


def _labelled(ratings: pl.DataFrame, period: timedelta) -> pl.DataFrame:
    """With the rating in tenths, and the period within a first chunk.

    Other events than ratings have no rating.
    """
    since_epoch = pl.col("rated_at").dt.epoch("us") // (period // timedelta(microseconds=1))
    return ratings.with_columns(rating=pl.when(IS_RATING).then("rating")).with_columns(
        tenths=(pl.col("rating") * 10).round().cast(pl.Int32),
        window=pl.when(pl.col("chunk_id") == 1).then(since_epoch).otherwise(0),
    )


def _counts(labels: pl.Series, categories: Iterable[int]) -> Counts:
    """How often each category is among the labels."""
    return _in_order(dict(labels.value_counts().iter_rows()), categories)


def _in_order(found: Mapping[int, int], categories: Iterable[int]) -> Counts:
    return np.array([found.get(each, 0) for each in categories], np.float64)


def _by_day(ratings: pl.DataFrame) -> dict[str, int]:
    days = ratings.group_by(pl.col("rated_at").dt.date().alias("day")).len().sort("day")
    return {f"{day:%Y-%m-%d}": n for day, n in days.iter_rows()}
