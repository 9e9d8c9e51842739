"""What a newcomer's list is worth after each of three clicks on the page "Start here".

    python bench/newcomers.py ml-100k ../shared/data/ml-1m-half

The default model is fitted on what was rated before a moment. Whoever rated nothing before it and something after it is
a newcomer. They are asked as the page asks (`ui.parts.starters`), and click the first three movies in its order that
they liked in truth; all else that they liked is to be found. Lists are ranked as the server ranks them, two seconds
after the last click; what is clicked sooner or later is in none of them, so that all look for the same movies.

Beside each list stand the popular one, which everybody gets who has said nothing, and the list that another newcomer
got after as many clicks: what is better than that is due to the clicks, and not to what a model does for everybody.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from matinee.clients.schemas.movies import Movie
from matinee.evaluation.evaluate import Contender, K
from matinee.evaluation.intervals import bootstrap_interval
from matinee.evaluation.split import Case
from matinee.metrics import ndcg_at_k
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender
from matinee.ratings.sources import prepare
from matinee.settings import Settings
from matinee.ui.pages.start_here import CHOSEN_FROM, ENOUGH, STEP
from matinee.ui.parts.starters import starters

COLUMNS = ("user_id", "movie_id", "rating", "rated_at")
LIKED_FROM = 4.0
SHARE = 0.6
"""Oldest share of the ratings that the model knows."""
N_ASKED = 3 * STEP
"""Movies among which a newcomer clicks: what the page shows, and what two clicks on "More" add."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody who came after the model."""

    user_id: str
    clicked: Sequence[str]
    """Ids of the first movies that they liked, in the order of the page."""
    truth: frozenset[str]
    """All else that they liked."""
    came_at: datetime

    def after(self, n_clicks: int) -> Case:
        """The case of a list after so many clicks, one every two seconds."""
        times = [self.came_at + timedelta(seconds=2 * place) for place in range(n_clicks + 1)]
        schema = {"movie_id": pl.String(), "rating": pl.Float64(), "rated_at": pl.Datetime("us", "UTC")}
        clicks = [(movie, 5.0, at) for movie, at in zip(self.clicked, times[:-1], strict=False)]
        return Case(self.user_id, "new", pl.DataFrame(clicks, schema, orient="row"), self.truth, times[-1])


def main() -> None:
    """Measure and print a table of each data set."""
    parser = argparse.ArgumentParser(description="What a newcomer's list is worth after each of three clicks.")
    parser.add_argument("data", nargs="+", help="data sets, by name or path")
    parser.add_argument("--model", default="blend")
    asked = parser.parse_args()
    for data in asked.data:
        with tempfile.TemporaryDirectory() as home:
            source = prepare(Settings(home=Path(home), data=data, _env_file=None))
            ratings, movies = source.ratings().select(COLUMNS).sort("rated_at"), source.movies()
        contender, came = newcomers(ratings, movies, asked.model)
        print(f"\n{Path(data).name}, {asked.model}, {len(came)} newcomers\n")
        print("| clicks | NDCG@10 | above the popular list | above another newcomer's | of ten in the popular list |")
        print("| --- | --- | --- | --- | --- |")
        for line in lines(contender, came):
            print(line)


def newcomers(ratings: pl.DataFrame, movies: pl.DataFrame, algorithm: str) -> tuple[Contender, list[Newcomer]]:
    """A model of the past, and whoever came later, liked `ENOUGH` of the movies asked about, and something else."""
    now: datetime = ratings["rated_at"].to_list()[int(SHARE * ratings.height)]
    past = ratings.filter(pl.col("rated_at") < now)
    known = Interactions.from_ratings(past, movies["movie_id"].to_list(), LIKED_FROM, now)
    contender = Contender.of(fit(recommender(algorithm), known).ranking_model(), known.user_ids, known.movie_ids)
    asked, came = asked_movies(contender, movies), []
    later = ratings.filter(~pl.col("user_id").is_in(known.user_ids)).sort("user_id", "rated_at")
    for (user_id,), own in later.group_by("user_id", maintain_order=True):
        liked = set(own.filter(pl.col("rating") >= LIKED_FROM)["movie_id"])
        clicked = [movie for movie in asked if movie in liked][:ENOUGH]
        truth = frozenset(liked.difference(clicked))
        if len(clicked) == ENOUGH and truth:
            came.append(Newcomer(str(user_id), clicked, truth, own["rated_at"].to_list()[0]))
    return contender, came


def asked_movies(contender: Contender, movies: pl.DataFrame) -> list[str]:
    """Ids of the movies that the page asks about, in its order."""
    entries = {row[0]: row for row in movies.select("movie_id", "title", "year", "genres").iter_rows()}
    popular = np.argsort(-contender.model.popularity, kind="stable")[:CHOSEN_FROM].tolist()
    found = [entries[contender.movie_ids[row]] for row in popular]
    asked = starters([Movie(movie_id=i, title=t, year=y, genres=tuple(g)) for i, t, y, g in found], N_ASKED)
    return [movie.movie_id for movie in asked]


def lines(contender: Contender, came: Sequence[Newcomer]) -> Iterator[str]:
    """Rows of a table, for no click up to `ENOUGH`."""
    popular = [listed(contender, each, each, 0) for each in came]
    ndcg_of_popular = ndcg(popular, came)
    for n_clicks in range(ENOUGH + 1):
        own = [listed(contender, each, each, n_clicks) for each in came]
        anothers = [listed(contender, each, other, n_clicks) for each, other in zip(came, others(came), strict=True)]
        values = ndcg(own, came)
        shared = np.mean([len(set(a) & set(b)) for a, b in zip(own, popular, strict=True)])
        above = [interval(values - each) for each in (ndcg_of_popular, ndcg(anothers, came))]
        yield f"| {n_clicks} | {values.mean():.3f} | {above[0]} | {above[1]} | {shared:.1f} |"


def listed(contender: Contender, newcomer: Newcomer, clicker: Newcomer, n_clicks: int) -> list[str]:
    """Ten movies after so many clicks of `clicker`, without what the newcomer clicks."""
    ranked = contender.ranked(clicker.after(n_clicks), K + 2 * ENOUGH)
    return [movie for row in ranked if (movie := contender.movie_ids[row]) not in newcomer.clicked][:K]


def others(came: Sequence[Newcomer]) -> Sequence[Newcomer]:
    """For each newcomer another one."""
    return [*came[1:], came[0]]


def ndcg(lists: Sequence[Sequence[str]], came: Sequence[Newcomer]) -> np.ndarray:
    """NDCG@10 of each newcomer's list."""
    return np.array([ndcg_at_k(each, newcomer.truth, K) for each, newcomer in zip(lists, came, strict=True)])


def interval(differences: np.ndarray) -> str:
    """Mean and bootstrap interval."""
    low, high = bootstrap_interval(differences)
    return f"{differences.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


if __name__ == "__main__":
    main()
