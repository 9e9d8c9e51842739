"""Spark beside one process: the same fits of the same ratings, once with each."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from matinee.errors import UsageError
from matinee.evaluation.published_split import SPLIT_MODELS, Row, quality_of, read_split
from matinee.models.als import ALS
from matinee.models.blend import Blend
from matinee.models.interactions import Interactions
from matinee.models.recommender import Recommender, fit
from matinee.ratings.feedback.withdrawals import Withdrawals
from matinee.ratings.ledger.chunks import INTERACTIONS, Chunk
from matinee.ratings.ledger.files import ChunkFiles
from matinee.ratings.ledger.learning import LearnedChunks
from matinee.settings import Settings

if TYPE_CHECKING:
    from matinee.spark.computation import SparkComputation

N_CHUNKS = 8
THROUGH = datetime(2015, 4, 1, tzinfo=UTC)
NDCG_WITHIN, BY_SPARK = 0.01, " (Spark)"
"""How far apart NDCG@100 may be between a model of one process and that of Spark, and how the latter is named."""

ALGORITHMS: dict[str, Recommender] = {"als": ALS(), "default": Blend(tuning_share=0.0)}
"""What is fitted with each; the default with choices that were made."""


def fit_times(ratings: Path, folder: Path, master: str) -> dict[str, float]:
    """Seconds of each fit in this process and by Spark.

    Args:
        ratings: file of `bench.data`.
        folder: free to be written to.
        master: see `Settings.spark_master`.

    Returns:
        `spark_start_s` (Java, executors), and for each of `ALGORITHMS` `local_NAME_s` and `spark_NAME_s`; whichever is
        fitted first by Spark has it read the ratings.
    """
    frame = pl.read_parquet(ratings).with_columns(pl.col("user_id", "movie_id").cast(pl.String))
    interactions = Interactions.from_ratings(frame, [], 4.0, THROUGH)
    local = {f"local_{name}_s": _seconds(each, interactions) for name, each in ALGORITHMS.items()}
    began = time.perf_counter()
    with _computation(frame, folder, master) as computation:
        start_s = time.perf_counter() - began
        there = replace(interactions, computation=computation)
        spark = {f"spark_{name}_s": _seconds(each, there) for name, each in ALGORITHMS.items()}
    return {"spark_start_s": start_s, **local, **spark}


def beside_one_process(split: Path, master: str) -> list[Row]:
    """Rows of `quality_of` for models that ask for a sum or for factors, of one process and of Spark.

    Args:
        split: folder, see `read_split`.
        master: see `Settings.spark_master`.
    """
    published = read_split(split)
    models = {name: SPLIT_MODELS[name] for name in ("ease", "als")}
    rows = quality_of(published, models)
    ratings = _ratings_of(published.interactions)
    with TemporaryDirectory() as folder, _computation(ratings, Path(folder), master) as computation:
        there = published._replace(interactions=replace(published.interactions, computation=computation))
        return rows + quality_of(there, {f"{name}{BY_SPARK}": each for name, each in models.items()})


def far_apart(rows: Sequence[Row]) -> list[str]:
    """Models whose NDCG@100 with Spark is more than `NDCG_WITHIN` from that of one process; rows as of the above."""
    ndcg = {str(row["model"]): float(row["ndcg_at_100"]) for row in rows}
    here = [name for name in ndcg if f"{name}{BY_SPARK}" in ndcg]
    return [name for name in here if not abs(ndcg[f"{name}{BY_SPARK}"] - ndcg[name]) <= NDCG_WITHIN]


def _seconds(algorithm: Recommender, interactions: Interactions) -> float:
    began = time.perf_counter()
    fit(algorithm, interactions)
    return time.perf_counter() - began


@contextmanager
def _computation(ratings: pl.DataFrame, folder: Path, master: str) -> Iterator["SparkComputation"]:
    try:
        from matinee.spark.training import spark_computation  # noqa: PLC0415  an extra that few have
    except ImportError as error:
        raise UsageError(f"Spark is not installed: {error}.", "Run `pip install 'matinee[spark]'`.") from error
    settings = Settings(home=folder / "home", spark_master=master, _env_file=None)  # type: ignore[call-arg]  # mypy does not know this argument
    with spark_computation(settings, _chunks(ratings, settings)) as computation:
        yield computation


def _chunks(ratings: pl.DataFrame, settings: Settings) -> LearnedChunks:
    """Ratings in the files of `N_CHUNKS` chunks that no ledger knows."""
    files, chunks, n_rows = ChunkFiles(settings), [], -(-ratings.height // N_CHUNKS)
    content = ratings.with_columns(event=pl.lit("rating"), value="rating", origin=pl.lit("source"), late=pl.lit(False))  # noqa: FBT003  a column of it
    for number in range(N_CHUNKS):
        chunk = Chunk(
            chunk_id=number + 1,
            source="bench",
            run_id="bench",
            state="closed",
            mode="replay",
            starts_at=THROUGH,
            ends_at=THROUGH,
            n_ratings=n_rows,
            n_live=0,
            n_late=0,
            n_quarantined=0,
            path=f"ratings/chunk-{number + 1:05}.parquet",
            sha256=None,
            claimed_at=THROUGH,
            closed_at=THROUGH,
        )
        part = content.slice(number * n_rows, n_rows).select(INTERACTIONS.names()).cast(INTERACTIONS)
        chunks.append(replace(chunk, sha256=files.write(chunk, part, None, lambda: None)))
    return LearnedChunks(settings, tuple(chunks), Withdrawals.none())


def _ratings_of(interactions: Interactions) -> pl.DataFrame:
    """The ratings of interactions as a frame again."""
    histories = interactions.histories
    users, movies = np.array(interactions.user_ids), np.array(interactions.movie_ids)
    return pl.DataFrame(
        {
            "user_id": np.repeat(users, np.diff(histories.offsets)),
            "movie_id": movies[histories.items],
            "rating": histories.ratings,
            "rated_at": pl.from_epoch(pl.Series(histories.rated_at), "s").dt.replace_time_zone("UTC"),
        }
    )
