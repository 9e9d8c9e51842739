"""What the content part is worth: all ratings of a tenth of the movies are held out, and these are ranked among all.

    .venv/bin/python bench/content.py ml-100k --model als

For everyone who liked a movie that was held out: where do these movies stand in a list of the whole catalogue without
what the user has rated? Beside the model: in random order, and by how many likes a movie's most popular genre has.

    .venv/bin/python bench/content.py ml-100k --cost

What it costs where nothing is held out: NDCG@10 on the tenth of the ratings that came next, with and without it.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from matinee.catalogue.features import content_of
from matinee.evaluation.evaluate import Contender, evaluate
from matinee.evaluation.intervals import bootstrap_interval
from matinee.evaluation.quality import at_cut
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender
from matinee.ranking import Floats, ListRequest, RankingModel, recommend_many
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings

SHARE, N_SEEDS, K, N_USERS = 0.1, 3, 100, 500
CUTS = (0.3, 0.6, 0.9)
ABOUT = {"model": "the content part", "without": "without it", "random": "random", "genre": "most popular genre"}


def main() -> None:
    """Hold out, fit, rank, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="Data set, by name or path.")
    parser.add_argument("--model", default="blend")
    parser.add_argument("--cost", action="store_true", help="what it costs the movies that people rate")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        source = prepare(Settings(home=Path(home), data=asked.data, _env_file=None))
        ratings, movies = source.ratings(), source.movies()
    if asked.cost:
        cost(ratings.select("user_id", "movie_id", "rating", "rated_at").sort("rated_at"), movies, asked.model)
        return
    results: dict[str, list[tuple[float, float]]] = {}
    for seed in range(N_SEEDS):
        for name, values in one_seed(ratings, movies, asked.model, seed):
            results.setdefault(name, []).append(values)
    print("| ranked by | recall@100 | mean place from the end |\n| --- | --- | --- |")
    for name, values in results.items():
        recall, place = np.mean(values, axis=0)
        print(f"| {ABOUT[name]} | {recall:.4f} | {place:.4f} |")


def cost(ratings: pl.DataFrame, movies: pl.DataFrame, algorithm: str) -> None:
    """Print what the content part costs after three, six and nine tenths of the ratings, with its 95 % interval."""
    for cut in CUTS:
        ((now, split, users),) = at_cut(ratings[: round((cut + 0.1) * ratings.height)], cut / (cut + 0.1), 4.0)
        known = Interactions.from_ratings(split.past, movies["movie_id"].to_list(), 4.0, now)
        model = fit(recommender(algorithm), known).ranking_model()
        both = [
            evaluate(Contender.of(each, known.user_ids, known.movie_ids), users)["ndcg_at_10"].to_numpy()
            for each in (model, model.with_content(content_of(movies, model.n_ratings)))
        ]
        low, high = bootstrap_interval(both[1] - both[0])
        means = f"{both[0].mean():.4f} without, {both[1].mean():.4f} with it"
        print(
            f"after {cut:.1f}: {means}, {(both[1] - both[0]).mean():+.4f} [{low:+.4f}, {high:+.4f}], {len(users)} lists"
        )


def one_seed(
    ratings: pl.DataFrame, movies: pl.DataFrame, algorithm: str, seed: int
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Figures of each way to rank, for one tenth of the rated movies."""
    random = np.random.default_rng(seed)
    movie_ids = movies["movie_id"].to_list()
    rated = ratings["movie_id"].unique(maintain_order=True).sort().to_numpy()
    held_out = set(random.choice(rated, int(SHARE * len(rated)), replace=False).tolist())
    is_held_out = pl.col("movie_id").is_in(list(held_out))
    known = Interactions.from_ratings(ratings.filter(~is_held_out), movie_ids, 4.0, ratings["rated_at"].max())
    model = fit(recommender(algorithm), known).ranking_model()
    content = content_of(movies, model.n_ratings)
    row_of = {movie_id: row for row, movie_id in enumerate(movie_ids)}
    liked = ratings.filter(is_held_out, pl.col("rating") >= 4).group_by("user_id").agg("movie_id")
    user_row = {user_id: row for row, user_id in enumerate(known.user_ids)}
    truth = {
        user_row[user]: [row_of[each] for each in ids]
        for user, ids in liked.sort("user_id").iter_rows()
        if user in user_row
    }
    users = random.permutation(list(truth))[:N_USERS].tolist()
    genres = by_genre(movies, model.popularity)
    ways: dict[str, Callable[[int], np.ndarray]] = {
        "model": lambda user: ranked(model.with_content(content), user),
        "without": lambda user: ranked(model, user),
        "random": lambda user: unseen(model, user, random.permutation(len(movie_ids))),
        "genre": lambda user: unseen(model, user, np.argsort(-genres, kind="stable")),
    }
    for name, way in ways.items():
        yield name, measured(way, users, truth, len(movie_ids))


def measured(
    way: Callable[[int], np.ndarray], users: list[int], truth: dict[int, list[int]], n_movies: int
) -> tuple[float, float]:
    """Recall@100 and the mean place of what was held out and liked, 1 for the first and 0 for the last of all."""
    recalls, places = [], []
    for user in users:
        place = np.full(n_movies, n_movies)
        order = way(user)
        place[order] = np.arange(len(order))
        own = place[truth[user]]
        recalls.append((own < K).sum() / min(K, len(own)))
        places.append(1 - own.mean() / len(order))
    return float(np.mean(recalls)), float(np.mean(places))


def ranked(model: RankingModel, user: int) -> np.ndarray:
    """The whole catalogue as the model ranks it for a user."""
    return recommend_many(model, [ListRequest(model.user(user), model.n_movies)])[0].items


def unseen(model: RankingModel, user: int, order: np.ndarray) -> np.ndarray:
    """An order without what a user has rated."""
    return order[~np.isin(order, model.history(user).items)]


def by_genre(movies: pl.DataFrame, popularity: Floats) -> Floats:
    """Likes of the most popular genre of each movie, shape (n_movies,)."""
    rows = movies.select("genres").with_columns(likes=pl.Series(popularity)).with_row_index("row").explode("genres")
    likes = rows.group_by("genres").agg(pl.col("likes").sum())
    best = rows.drop("likes").join(likes, on="genres").group_by("row").agg(pl.col("likes").max()).sort("row")
    found = np.zeros(movies.height, np.float32)
    found[best["row"].to_numpy()] = best["likes"].to_numpy()
    return found


if __name__ == "__main__":
    main()
