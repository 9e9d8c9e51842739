"""All contenders on one holdout: the candidate's twin, the model in production, and the baselines of every run.

The twin has the candidate's algorithm and hyper-parameters and was fitted on the past alone, up to the moment up to
which the incumbent has learned. An incumbent of the same algorithm and hyper-parameters has the same twin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from matinee.evaluation.evaluate import PER_USER, Contender, Popularity, evaluate, summarize
from matinee.evaluation.intervals import bootstrap_interval
from matinee.evaluation.split import Case
from matinee.models.popular import NEVER_ZERO
from matinee.ranking import Histories, RankingModel

CANDIDATE, INCUMBENT = "candidate", "incumbent"
POPULARITY, POPULARITY_30D, ITEM_KNN = "popularity", "popularity_30d", "item_knn"
"""What stands beside every model. `item_knn` decides nothing and takes a fit, so it is measured after the day."""

WINDOW = timedelta(days=30)
"""Of `popularity_30d`."""


OF_SEGMENTS = ("ndcg_at_10", "recall_at_10")
"""Metrics of a run that each segment of users has, for the candidate."""


@dataclass(frozen=True)
class Backtest:
    """Values of every user for every contender."""

    per_user: pl.DataFrame
    """`contender, chunk_id, incumbent_version`, and the columns of `evaluate`."""

    n_movies: int
    """Size of the catalogue."""

    @classmethod
    def nobody(cls) -> "Backtest":
        """That of a holdout in which no user can be evaluated."""
        schema = pl.Schema({"contender": pl.String()})
        schema.update(PER_USER)
        schema.update({"chunk_id": pl.Int64(), "incumbent_version": pl.String()})
        return cls(pl.DataFrame(schema=schema), 0)

    def metrics(self) -> dict[str, float]:
        """Means of the candidate by their plain names, of the others with the contender's name before them.

        Every run keeps them for ever, so segments have those that are looked at; `per_user` has all.
        """
        named: dict[str, float] = {}
        for (contender,), users in self.per_user.group_by("contender", maintain_order=True):
            named |= means_of(str(contender), users, self.n_movies)
        own = self.per_user.filter(contender=CANDIDATE)
        return named | {"n_evaluated_users": own.height} | self._over_popularity(own)

    def _over_popularity(self, own: pl.DataFrame) -> dict[str, float]:
        """Between which bounds the candidate's NDCG@10 lies above that of popularity, at 95 %; of the same users."""
        popular = self.per_user.filter(contender=POPULARITY).select("user_id", popular="ndcg_at_10")
        paired = own.join(popular, on="user_id")
        if paired.is_empty():
            return {}
        low, high = bootstrap_interval((paired["ndcg_at_10"] - paired["popular"]).to_numpy())
        return {"over_popularity_low": low, "over_popularity_high": high}


def means_of(contender: str, users: pl.DataFrame, n_movies: int) -> dict[str, float]:
    """Means of one contender, by the names of a run's metrics."""
    prefix, of_segments = ("", OF_SEGMENTS) if contender == CANDIDATE else (f"{contender}_", ())
    summary = summarize(users, n_movies, of_segments)
    return {f"{prefix}{name}": value for name, value in summary.items() if "evaluated" not in name}


def popularity_baselines(popularity: Popularity, recent: Popularity, movie_ids: Sequence[str]) -> dict[str, Contender]:
    """All-time popularity, and that of the last days, as contenders: counts alone, which nothing is fitted for.

    They rank as the algorithm `popular` does, except that a like which its user took back by a later rating counts.

    Args:
        popularity: that of the past.
        recent: that of its last `WINDOW`.
        movie_ids: the catalogue.
    """
    movies = [*movie_ids, *sorted(popularity.counts.keys() - set(movie_ids))]
    likes, of_window = (
        np.array([each.get(movie, 0) for movie in movies]) for each in (popularity.counts, recent.counts)
    )
    scores = {POPULARITY: likes, POPULARITY_30D: of_window + NEVER_ZERO * (likes - of_window)}
    return {name: _by_popularity(each, movies) for name, each in scores.items()}


def _by_popularity(scores: np.ndarray, movie_ids: Sequence[str]) -> Contender:
    nobody = Histories(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    return Contender.of(RankingModel(scores.astype(np.float32), nobody), [], movie_ids)


def backtest(
    users: Sequence[Case],
    contenders: dict[str, Contender],
    popularity: Popularity,
    n_movies: int,
    chunk_id: int,
    incumbent_version: str | None,
) -> Backtest:
    """Evaluate contenders and baselines on the same users.

    Args:
        users: the cases of the holdout.
        contenders: by name, `candidate`, baselines and, if there is one, `incumbent`.
        popularity: that of the past.
        n_movies: size of the catalogue.
        chunk_id: the chunk of the holdout.
        incumbent_version: version of the incumbent.
    """
    distinct = {id(each): each for each in contenders.values()}  # yesterday's model is often what is in production too
    found = {key: evaluate(each, users, popularity) for key, each in distinct.items()}
    frames = [found[id(each)].select(pl.lit(name).alias("contender"), pl.all()) for name, each in contenders.items()]
    about = (
        pl.lit(chunk_id, pl.Int64).alias("chunk_id"),
        pl.lit(incumbent_version, pl.String).alias("incumbent_version"),
    )
    return Backtest(pl.concat(frames).with_columns(*about), n_movies)
