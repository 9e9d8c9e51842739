"""The model artifact: a folder of data that any process can verify and rank with, without a line of training code.

    manifest.json         what it is, where it comes from, and the SHA-256 of each other file
    arrays.safetensors    the arrays of its kind, and popularity and histories
    users.parquet         user_index, user_id
    movies.parquet        item_index, movie_id, title, year, genres
    golden.json           requests, and what the model answered where it was trained

`load` trusts nothing: a wrong hash, shape, dtype, index or number refuses the whole artifact.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import save_file

from matinee.artifact import golden
from matinee.artifact.ids import Ids
from matinee.artifact.mapped import load_mapped
from matinee.errors import BadData
from matinee.models.base import Fitted, Interactions
from matinee.ranking import RankingModel

FORMAT_VERSION = 1
READABLE = {1}
"""Every format version that `load` understands: all that were ever written."""

FOLDER = "matinee"
"""Name of the folder inside a logged model."""

MANIFEST, ARRAYS, USERS, MOVIES = "manifest.json", "arrays.safetensors", "users.parquet", "movies.parquet"
GOLDEN = "golden.json"
REQUIRED = (ARRAYS, USERS, MOVIES)

_SLICE = 1_000
"""Rows of a table that are taken up at once; between two slices other threads may run."""


class ArraySpec(BaseModel):
    """Shape and dtype of one array."""

    model_config = ConfigDict(frozen=True)

    shape: tuple[int, ...]
    dtype: str


class Manifest(BaseModel):
    """What an artifact says of itself."""

    # JSON has no infinity, which is a meaningful `recency`; as a string every reader's `float` understands it
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    format_version: int
    kind: str
    algorithm: str
    parameters: dict[str, float]
    arrays: dict[str, ArraySpec]
    files: dict[str, str]
    chunk_id: int
    data_through: datetime
    trained_at: datetime
    n_users: int
    n_movies: int
    n_ratings: int


@dataclass(frozen=True)
class Artifact:
    """A loaded, verified artifact."""

    manifest: Manifest
    model: RankingModel
    user_index: Ids
    """Row of each external user id."""
    item_index: Mapping[str, int]
    """Row of each external movie id."""
    movies: pl.DataFrame
    """`movie_id, title, year, genres`, one row a movie, in matrix order."""


def write(
    folder: Path, algorithm: str, fitted: Fitted, interactions: Interactions, movies: pl.DataFrame, chunk_id: int
) -> Manifest:
    """Write a complete `fitted` model to `folder`, which appears whole or not at all.

    Args:
        folder: where to; it must not exist.
        algorithm: name of the algorithm.
        fitted: what it learned, completed by `Fitted.complete`.
        interactions: what it learned from.
        movies: `movie_id, title, year, genres` of the catalogue; a movie without a row is titled by its id.
        chunk_id: newest chunk that it learned from.
    """
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in fitted.arrays.items()}
    save_file(arrays, draft / ARRAYS)
    _user_table(interactions).write_parquet(draft / USERS)
    movie_table(interactions.movie_ids, movies).with_row_index("item_index").write_parquet(draft / MOVIES)
    (draft / GOLDEN).write_bytes(golden.GoldenRequests.dump_json(golden.sample(fitted.ranking_model())))
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        kind=fitted.kind,
        algorithm=algorithm,
        parameters=dict(fitted.parameters),
        arrays={name: ArraySpec(shape=array.shape, dtype=str(array.dtype)) for name, array in arrays.items()},
        files={name: sha256(draft / name) for name in (*REQUIRED, GOLDEN)},
        chunk_id=chunk_id,
        data_through=interactions.data_through,
        trained_at=datetime.now(UTC),
        n_users=interactions.n_users,
        n_movies=interactions.n_movies,
        n_ratings=len(interactions.histories.items),
    )
    (draft / MANIFEST).write_text(manifest.model_dump_json(indent=2))
    draft.rename(folder)
    return manifest


def movie_table(movie_ids: list[str], movies: pl.DataFrame) -> pl.DataFrame:
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


def read_manifest(folder: Path) -> Manifest:
    """Manifest of the artifact in `folder`.

    Raises:
        BadData: it is missing or not readable, or of a format version that this matinee does not know.
    """
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise _refused(f"its {MANIFEST} cannot be read ({error})") from error
    version = content.get("format_version") if isinstance(content, dict) else None
    if version not in READABLE:
        raise BadData(
            f"The model artifact has format version {version}; this matinee reads {sorted(READABLE)}.",
            "Update matinee where the model is served.",
        )
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise _refused(f"{MANIFEST}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def load(folder: Path, *, is_verified: bool = False) -> Artifact:
    """Map and verify the artifact in `folder`; its files have to stay as they are while it is used.

    Args:
        folder: where it is.
        is_verified: another process has just verified these very files, so hashes and numbers are not looked at again.

    Raises:
        BadData: anything about it is not as its manifest and its kind say.
    """
    manifest = read_manifest(folder)
    for name in () if is_verified else file_names(manifest):
        _check_hash(folder / name, manifest.files.get(name))
    try:
        arrays = load_mapped(folder / ARRAYS)
        users = pl.read_parquet(folder / USERS).select("user_id")
        movies = pl.read_parquet(folder / MOVIES).select("movie_id", "title", "year", "genres")
    except (OSError, ValueError, SafetensorError, pl.exceptions.PolarsError) as error:
        raise _refused(f"a file cannot be read ({error})") from error
    _check_shapes(arrays, manifest)
    if not is_verified:
        _check_numbers(arrays)
    try:
        model = RankingModel.from_arrays(manifest.kind, arrays, manifest.parameters)
    except (KeyError, ValueError) as error:
        raise _refused(f"it does not hold what kind {manifest.kind!r} needs ({error})") from error
    _check_axes(model, manifest)
    if GOLDEN in manifest.files:
        golden.check(model, _golden_requests(folder / GOLDEN, model))
    return Artifact(
        manifest=manifest,
        model=model,
        user_index=_ids(users, manifest.n_users),
        item_index=_index(movies, manifest.n_movies),
        movies=movies,
    )


def file_names(manifest: Manifest) -> tuple[str, ...]:
    """Files that belong to an artifact besides its manifest; the first artifacts had no golden requests."""
    return (*REQUIRED, GOLDEN) if GOLDEN in manifest.files else REQUIRED


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _golden_requests(path: Path, model: RankingModel) -> list[golden.GoldenRequest]:
    try:
        requests = golden.GoldenRequests.validate_json(path.read_bytes())
    except ValidationError as error:
        raise _refused(f"{GOLDEN} cannot be read ({error.error_count()} errors)") from error
    inside = all(
        (request.user_index is None or 0 <= request.user_index < model.n_users)
        and all(0 <= item < model.n_movies for item, *_ in request.history)
        for request in requests
    )
    _require(inside, f"{GOLDEN} points outside the model")
    return requests


def _user_table(interactions: Interactions) -> pl.DataFrame:
    frame = pl.DataFrame({"user_id": interactions.user_ids}, schema={"user_id": pl.String})
    return frame.with_row_index("user_index")


def _ids(users: pl.DataFrame, expected: int) -> Ids:
    _require(users.height == expected, f"{USERS} lists {users.height} users where {expected} belong")
    try:
        return Ids(users["user_id"])
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise _refused(f"{USERS}: {error}") from error


def _index(movies: pl.DataFrame, expected: int) -> dict[str, int]:
    index: dict[str, int] = {}
    for part in movies.select("movie_id").iter_slices(_SLICE):
        index.update(zip(part["movie_id"].to_list(), range(len(index), len(index) + part.height), strict=True))
    whole = len(index) == expected == movies.height
    _require(whole, f"{MOVIES} lists {len(index)} different movies in {movies.height} rows where {expected} belong")
    return index


def _check_hash(path: Path, expected: str | None) -> None:
    if not path.is_file():
        raise _refused(f"{path.name} is missing")
    if sha256(path) != expected:
        raise _refused(f"{path.name} is damaged: its SHA-256 is not that of the manifest")


def _check_shapes(arrays: Mapping[str, NDArray[Any]], manifest: Manifest) -> None:
    if arrays.keys() != manifest.arrays.keys():
        raise _refused(f"it holds arrays {sorted(arrays)} where {sorted(manifest.arrays)} belong")
    for name, array in arrays.items():
        spec = manifest.arrays[name]
        if array.shape != spec.shape or str(array.dtype) != spec.dtype:
            raise _refused(f"{name} is {array.dtype}{array.shape} where {spec.dtype}{spec.shape} belongs")


def _check_numbers(arrays: Mapping[str, NDArray[Any]]) -> None:
    for name, array in arrays.items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise _refused(f"{name} holds NaN or infinite numbers")


def _check_axes(model: RankingModel, manifest: Manifest) -> None:
    histories = model.histories
    shapes = [model.popularity.shape, histories.offsets.shape]
    expected = [(manifest.n_movies,), (manifest.n_users + 1,)]
    _require(shapes == expected, f"popularity and history_offsets are of shapes {shapes}, not {expected}")
    lengths = {"history_items": len(histories.items), "history_ratings": len(histories.ratings)}
    lengths["history_rated_at"] = len(histories.rated_at)
    for name, length in lengths.items():
        _require(length == manifest.n_ratings, f"{name} has {length} entries, not {manifest.n_ratings}")
    offsets = histories.offsets
    rising = offsets[0] == 0 and offsets[-1] == manifest.n_ratings and bool((np.diff(offsets) >= 0).all())
    _require(bool(rising), "history_offsets do not rise from 0 to the number of ratings")
    _require(bool(np.issubdtype(histories.items.dtype, np.integer)), "history_items are not whole numbers")
    inside = manifest.n_ratings == 0 or (histories.items.min() >= 0 and histories.items.max() < manifest.n_movies)
    _require(bool(inside), "history_items point outside the catalogue")


def _require(condition: bool, otherwise: str) -> None:  # noqa: FBT001  reads as a sentence where it is called
    if not condition:
        raise _refused(otherwise)


def _refused(reason: str) -> BadData:
    return BadData(f"The model artifact is refused: {reason}.", "Train it again, or deploy another version.")
