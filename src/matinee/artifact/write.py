"""Writing an artifact, which appears whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file

from matinee import clock
from matinee.artifact import golden
from matinee.artifact.manifest import (
    ARRAYS,
    FORMAT_VERSION,
    GOLDEN,
    MANIFEST,
    MOVIES,
    REQUIRED,
    USERS,
    ArraySpec,
    Manifest,
    sha256,
)
from matinee.catalogue.features import content_of
from matinee.ranking import Histories, RankingModel, pack, quantized
from matinee.storage import FolderStorage, parquet_into


@dataclass(frozen=True)
class Contents:
    """What an artifact is written from."""

    algorithm: str
    """Name of the algorithm."""
    kind: str
    """How `matinee.ranking` scores it."""
    arrays: Mapping[str, NDArray[Any]]
    """Arrays of its kind, popularity and histories."""
    parameters: Mapping[str, float]
    """Numbers that scoring needs."""
    user_ids: Sequence[str]
    """External id of each user row."""
    movie_ids: Sequence[str]
    """External id of each movie row."""
    data_through: datetime
    """End of the time that the ratings cover (UTC, exclusive)."""
    chunk_id: int
    """Newest chunk that was learned from."""

    def ranking_model(self) -> RankingModel:
        """The model as the server will rank with it."""
        return RankingModel.from_arrays(self.kind, self.arrays, self.parameters)


def write(folder: Path, contents: Contents, movies: pl.DataFrame) -> Manifest:
    """Write a complete artifact to `folder`.

    Args:
        folder: where to; what is there is replaced.
        contents: what was learned.
        movies: `movie_id, title, year, genres` of the catalogue; a movie without a row is titled by its id.

    Raises:
        StorageError: the disk refuses it.
    """
    with FolderStorage(folder.parent).write_folder(folder.name) as draft:
        return _write(draft.path, contents, movies)


def _write(draft: Path, contents: Contents, movies: pl.DataFrame) -> Manifest:
    arrays = {name: np.ascontiguousarray(array) for name, array in _packed(contents).items()}
    model = RankingModel.from_arrays(contents.kind, arrays, contents.parameters)
    known_movies = movie_table(contents.movie_ids, movies)
    content = content_of(known_movies, model.n_ratings)
    arrays |= content.arrays() if model.scorer is not None and content.weights.size else {}
    try:
        save_file(arrays, draft / ARRAYS)
    except SafetensorError as error:  # behind which an error of the disk is hidden
        raise OSError(str(error)) from error
    users = pl.DataFrame({"user_id": contents.user_ids}, schema={"user_id": pl.String})
    parquet_into(draft / USERS, users.with_row_index("user_index"))
    parquet_into(draft / MOVIES, known_movies.with_row_index("item_index"))
    # Without the content part, which older servers do not look at.
    (draft / GOLDEN).write_bytes(golden.GoldenRequests.dump_json(golden.sample(model)))
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        kind=contents.kind,
        algorithm=contents.algorithm,
        parameters=dict(contents.parameters),
        arrays={name: ArraySpec(shape=array.shape, dtype=str(array.dtype)) for name, array in arrays.items()},
        files={name: sha256(draft / name) for name in (*REQUIRED, GOLDEN)},
        chunk_id=contents.chunk_id,
        data_through=contents.data_through,
        trained_at=clock.now(),
        n_users=len(contents.user_ids),
        n_movies=len(contents.movie_ids),
        n_ratings=int(model.histories.offsets[-1]),
    )
    (draft / MANIFEST).write_text(manifest.model_dump_json(indent=2))
    return manifest


def _packed(contents: Contents) -> dict[str, NDArray[Any]]:
    """Arrays of the artifact, with the histories packed and weights of one byte."""
    arrays = dict(contents.arrays)
    histories = Histories.from_arrays(arrays)
    others = {name: array for name, array in arrays.items() if name not in histories.arrays}
    return {**quantized(others), **pack(histories)}


def movie_table(movie_ids: Sequence[str], movies: pl.DataFrame) -> pl.DataFrame:
    """`movie_id, title, year, genres` in the order of `movie_ids`."""
    known = movies.select("movie_id", "title", "year", "genres").unique("movie_id", keep="first")
    return (
        pl.DataFrame({"movie_id": movie_ids}, schema={"movie_id": pl.String})
        .join(known, on="movie_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("title").fill_null(pl.col("movie_id")),
            pl.col("genres").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        )
    )
