"""What the sliders of a list cost and bring: NDCG@10 against novelty, coverage and intra-list distance.

    python bench/sliders.py --data FOLDER_OF_ML_100K

Fits the default model on the oldest four fifths of the ratings, and ranks for everyone who can be tested on the rest,
once for each place of each slider, with the server's own function. Prints a table and one JSON object, and draws
`docs/images/sliders.png`.

- novelty: mean self-information of a list in bits (Zhou et al., 2010);
- coverage: share of the catalogue that was shown to anybody;
- distance: mean over all pairs of a list (intra-list distance: Ziegler et al., "Improving recommendation lists through
  topic diversification", 2005), once of genres (1 - Jaccard), once of who liked them (1 - cosine). Neither is what the
  slider itself looks at, the user's reasons.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import polars as pl
from numpy.typing import NDArray

from matinee.evaluation.evaluate import Contender, Popularity, evaluate
from matinee.evaluation.intervals import bootstrap_interval
from matinee.evaluation.published_split import timed_fit
from matinee.evaluation.quality import Holdout, at_cut
from matinee.models.blend import Blend
from matinee.models.interactions import Interactions
from matinee.ranking import ListRequest
from matinee.ratings.sources import prepare
from matinee.settings import Settings

mpl.use("Agg")
from matplotlib import pyplot as plt

PLOT = Path(__file__).parent.parent / "docs" / "images" / "sliders.png"
LIKED_FROM = 4.0
PLACES: dict[str, Sequence[float]] = {
    "rarity": (-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1),
    "diversity": (0, 0.25, 0.5, 0.75, 1),
}
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Setup:
    """One fitted model, and who is asked."""

    holdout: Holdout
    movies: pl.DataFrame
    contender: Contender

    @classmethod
    def of(cls, data: Path) -> "Setup":
        """Fit the default model of a data set."""
        with tempfile.TemporaryDirectory() as home:
            source = prepare(Settings(home=home, data=str(data), _env_file=None))
            ratings, movies = source.ratings().sort("rated_at"), source.movies()
        (holdout,) = at_cut(ratings, 0.8, LIKED_FROM)
        interactions = Interactions.from_ratings(
            holdout.split.past, movies["movie_id"].to_list(), LIKED_FROM, holdout.now
        )
        model, _ = timed_fit(Blend(), interactions)
        return cls(holdout, movies, Contender.of(model, interactions.user_ids, interactions.movie_ids))

    def lists(self, **slider: float) -> pl.DataFrame:
        """Metrics and lists of everyone; see `evaluate`."""
        popularity = Popularity.of(self.holdout.split.past, LIKED_FROM)
        return evaluate(self.contender, self.holdout.users, popularity, ListRequest(**slider))

    @cached_property
    def genres(self) -> Matrix:
        """1 where a movie has a genre, shape (n_movies, n_genres), in the contender's rows."""
        of = dict(zip(self.movies["movie_id"], self.movies["genres"], strict=True))
        names = sorted({genre for genres in of.values() for genre in genres})
        rows = [
            [genre in of[self.contender.movie_ids[row]] for genre in names]
            for row in range(self.contender.model.n_movies)
        ]
        return np.array(rows, np.float32)

    @cached_property
    def likes(self) -> Matrix:
        """1 where a user liked a movie, shape (n_movies, n_users), divided by the length of each row."""
        liked = self.holdout.split.past.filter(pl.col("rating") >= LIKED_FROM)
        matrix = np.zeros((self.contender.model.n_movies, len(self.contender.user_index)), np.float32)
        rows = [self.contender.item_index[movie_id] for movie_id in liked["movie_id"]]
        matrix[rows, [self.contender.user_index[user_id] for user_id in liked["user_id"]]] = 1
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        return matrix / np.where(lengths > 0, lengths, 1)

    def distances(self, movie_ids: Sequence[str]) -> tuple[float, float]:
        """Intra-list distance of a list by genres, and by who liked its movies."""
        rows = [self.contender.item_index[movie_id] for movie_id in movie_ids]
        genres, likes = self.genres[rows], self.likes[rows]
        common = genres @ genres.T
        total = genres.sum(axis=1)
        jaccard = common / np.maximum(total[:, None] + total - common, 1)
        pairs = np.triu_indices(len(rows), 1)
        return float(1 - jaccard[pairs].mean()), float(1 - (likes @ likes.T)[pairs].mean())


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description="What the sliders of a list cost and bring.")
    parser.add_argument("--data", type=Path, required=True, help="a folder of ratings and movies, such as ml-100k")
    setup = Setup.of(parser.parse_args().data)
    plain = setup.lists()["ndcg_at_10"].to_numpy()
    rows = [_measured(setup, name, place, plain) for name, places in PLACES.items() for place in places]
    for row in rows:
        print(
            "  ".join(f"{name} {value:.3f}" if isinstance(value, float) else str(value) for name, value in row.items())
        )
    print(json.dumps(rows))
    _draw(rows)


def _measured(setup: Setup, slider: str, place: float, plain: NDArray[np.float64]) -> dict[str, Any]:
    lists = setup.lists(**{slider: place})
    distances = np.array([setup.distances(movie_ids) for movie_ids in lists["recommended"]])
    ndcg = lists["ndcg_at_10"].to_numpy()
    low, high = bootstrap_interval(ndcg - plain)
    return {
        "slider": slider,
        "place": float(place),
        "ndcg": float(ndcg.mean()),
        "low": low,
        "high": high,
        "novelty": float(lists["novelty"].to_numpy().mean()),
        "coverage": lists["recommended"].explode().n_unique() / setup.contender.model.n_movies,
        "genre_distance": float(distances[:, 0].mean()),
        "like_distance": float(distances[:, 1].mean()),
        "n_users": lists.height,
    }


def _draw(rows: Sequence[dict[str, Any]]) -> None:
    aims = {
        "novelty": "novelty (bits)",
        "coverage": "share of the catalogue shown",
        "genre_distance": "distance of genres",
        "like_distance": "distance by who liked them",
    }
    figure, axes = plt.subplots(1, len(aims), figsize=(13, 3.6), sharey=True, layout="constrained")
    for axis, (aim, label) in zip(axes, aims.items(), strict=True):
        for slider, colour in (("rarity", "#b4530a"), ("diversity", "#1f5fa8")):
            own = [row for row in rows if row["slider"] == slider]
            axis.plot([row[aim] for row in own], [row["ndcg"] for row in own], "o-", color=colour, label=slider)
            for row in own:
                axis.annotate(
                    f"{row['place']:g}", (row[aim], row["ndcg"]), xytext=(4, 4), textcoords="offset points", fontsize=8
                )
        axis.set_xlabel(label)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("NDCG@10")
    axes[0].legend()
    figure.savefig(PLOT, dpi=110)


if __name__ == "__main__":
    main()
