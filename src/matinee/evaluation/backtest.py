"""All contenders on one holdout: the candidate's twin, the model in production, and the baselines of every run.

The twin has the candidate's algorithm and hyper-parameters and was fitted on the past alone, up to the moment up to
which the incumbent has learned. An incumbent of the same algorithm and hyper-parameters has the same twin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from matinee.evaluation.evaluate import PER_USER, Contender, Popularity, evaluate, summarize
from matinee.evaluation.intervals import bootstrap_interval
from matinee.evaluation.split import Case, Split
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender

CANDIDATE, INCUMBENT, POPULARITY = "candidate", "incumbent", "popularity"

BASELINES: dict[str, tuple[str, dict[str, float]]] = {
    POPULARITY: ("popular", {}),
    "popularity_30d": ("popular", {"window_days": 30.0}),
    "item_knn": ("item_knn", {}),
}
"""What stands beside every model: algorithm and hyper-parameters by name."""


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
            prefix = "" if contender == CANDIDATE else f"{contender}_"
            summary = summarize(users, self.n_movies, OF_SEGMENTS if contender == CANDIDATE else ())
            named |= {f"{prefix}{name}": value for name, value in summary.items() if "evaluated" not in name}
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


def contender(algorithm: str, parameters: dict[str, float], interactions: Interactions) -> Contender:
    """An algorithm fitted on interactions."""
    fitted = fit(recommender(algorithm, parameters), interactions)
    return Contender.of(fitted.ranking_model(), interactions.user_ids, interactions.movie_ids)


def backtest(
    split: Split,
    users: Sequence[Case],
    interactions: Interactions,
    contenders: dict[str, Contender],
    chunk_id: int,
    incumbent_version: str | None,
) -> Backtest:
    """Evaluate contenders and baselines on the same users.

    Args:
        split: past and holdout.
        users: the cases of the holdout.
        interactions: those of the past.
        contenders: by name, `candidate` and, if there is one, `incumbent`.
        chunk_id: the chunk of the holdout.
        incumbent_version: version of the incumbent.
    """
    popularity = Popularity.of(split.past, interactions.positive_rating)
    baselines = {name: contender(*algorithm, interactions) for name, algorithm in BASELINES.items()}
    frames = [
        evaluate(each, users, popularity).select(pl.lit(name).alias("contender"), pl.all())
        for name, each in (contenders | baselines).items()
    ]
    about = (
        pl.lit(chunk_id, pl.Int64).alias("chunk_id"),
        pl.lit(incumbent_version, pl.String).alias("incumbent_version"),
    )
    return Backtest(pl.concat(frames).with_columns(*about), interactions.n_movies)
