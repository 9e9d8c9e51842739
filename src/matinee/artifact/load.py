"""Reading an artifact, of which nothing is trusted: a wrong hash, shape, dtype, index or number refuses it whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError

from matinee.artifact import golden
from matinee.artifact.ids import Ids
from matinee.artifact.manifest import (
    ARRAYS,
    GOLDEN,
    MOVIES,
    USERS,
    Manifest,
    file_names,
    read_manifest,
    refused,
    require,
    sha256,
)
from matinee.artifact.mapped import load_mapped
from matinee.ranking import CONTENT_ARRAYS, Content, RankingModel

_SLICE = 1_000
"""Rows of a table that are taken up at once; between two slices other threads may run."""


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
        raise refused(f"a file cannot be read ({error})") from error
    _check_shapes(arrays, manifest)
    if not is_verified:
        _check_numbers(arrays)
    try:
        learned = {name: array for name, array in arrays.items() if name not in CONTENT_ARRAYS}
        model = RankingModel.from_arrays(manifest.kind, learned, manifest.parameters)
        content = Content.from_arrays(arrays, model.n_movies)
    except (KeyError, ValueError) as error:
        raise refused(f"it does not hold what kind {manifest.kind!r} needs ({error})") from error
    _check_axes(model, manifest)
    if GOLDEN in manifest.files:
        golden.check(model, _golden_requests(folder / GOLDEN, model))
    if content is not None:
        model = model.with_content(content)
    return Artifact(
        manifest=manifest,
        model=model.unpacked(),
        user_index=_ids(users, manifest.n_users),
        item_index=_index(movies, manifest.n_movies),
        movies=movies,
    )


def _golden_requests(path: Path, model: RankingModel) -> list[golden.GoldenRequest]:
    try:
        requests = golden.GoldenRequests.validate_json(path.read_bytes())
    except ValidationError as error:
        raise refused(f"{GOLDEN} cannot be read ({error.error_count()} errors)") from error
    inside = all(
        (request.user_index is None or 0 <= request.user_index < model.n_users)
        and all(0 <= item < model.n_movies for item, *_ in request.history)
        for request in requests
    )
    require(inside, f"{GOLDEN} points outside the model")
    return requests


def _ids(users: pl.DataFrame, expected: int) -> Ids:
    require(users.height == expected, f"{USERS} lists {users.height} users where {expected} belong")
    try:
        return Ids(users["user_id"])
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise refused(f"{USERS}: {error}") from error


def _index(movies: pl.DataFrame, expected: int) -> dict[str, int]:
    index: dict[str, int] = {}
    for part in movies.select("movie_id").iter_slices(_SLICE):
        index.update(zip(part["movie_id"].to_list(), range(len(index), len(index) + part.height), strict=True))
    whole = len(index) == expected == movies.height
    require(whole, f"{MOVIES} lists {len(index)} different movies in {movies.height} rows where {expected} belong")
    return index


def _check_hash(path: Path, expected: str | None) -> None:
    if not path.is_file():
        raise refused(f"{path.name} is missing")
    if sha256(path) != expected:
        raise refused(f"{path.name} is damaged: its SHA-256 is not that of the manifest")


def _check_shapes(arrays: Mapping[str, NDArray[Any]], manifest: Manifest) -> None:
    if arrays.keys() != manifest.arrays.keys():
        raise refused(f"it holds arrays {sorted(arrays)} where {sorted(manifest.arrays)} belong")
    for name, array in arrays.items():
        spec = manifest.arrays[name]
        if array.shape != spec.shape or str(array.dtype) != spec.dtype:
            raise refused(f"{name} is {array.dtype}{array.shape} where {spec.dtype}{spec.shape} belongs")


def _check_numbers(arrays: Mapping[str, NDArray[Any]]) -> None:
    for name, array in arrays.items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise refused(f"{name} holds NaN or infinite numbers")


def _check_axes(model: RankingModel, manifest: Manifest) -> None:
    histories = model.histories
    shapes = [model.popularity.shape, histories.offsets.shape]
    expected = [(manifest.n_movies,), (manifest.n_users + 1,)]
    require(shapes == expected, f"popularity and history_offsets are of shapes {shapes}, not {expected}")
    for name, length in histories.lengths.items():
        require(length == manifest.n_ratings, f"{name} has {length} entries, not {manifest.n_ratings}")
    offsets = histories.offsets
    rising = offsets[0] == 0 and offsets[-1] == manifest.n_ratings and bool((np.diff(offsets) >= 0).all())
    require(bool(rising), "history_offsets do not rise from 0 to the number of ratings")
    items = histories.items
    require(bool(np.issubdtype(items.dtype, np.integer)), "history_items are not whole numbers")
    inside = manifest.n_ratings == 0 or (items.min() >= 0 and items.max() < manifest.n_movies)
    require(bool(inside), "history_items point outside the catalogue")
