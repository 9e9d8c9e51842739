"""The models that `matinee bench serving` serves: of every kind, and twice, so that one can be swapped for the other.

The default is fitted as `train` fits it, on ratings of `bench.data` that end now. Models of item-item weights and of
popularity are parts of it; factors are those of `bench.synthetic`, which take no time to fit.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
import structlog

from matinee import artifact
from matinee.bench import synthetic
from matinee.bench.data import ENDS_AT, Shape, generate
from matinee.bench.synthetic import Size
from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted, fit, recommender
from matinee.settings import Settings

log = structlog.get_logger()

T = TypeVar("T")

DEFAULT = str(Settings.model_fields["algorithm"].default)
KINDS = ("blend", "factors", "item_item", "popularity")


def make(size: Size, kinds: list[str], folder: Path) -> None:
    """Write two models of each kind to `folder/KIND/0` and `1`; those that are there already are left as they are."""
    missing = [kind for kind in kinds if not (folder / kind / "1").exists()]
    if "factors" in missing:
        interactions = synthetic.interactions(size)
        for seed in (0, 1):
            synthetic.write(size, interactions, folder / "factors" / str(seed), seed)
    if fitted := [kind for kind in missing if kind != "factors"]:
        _fit(size, fitted, folder)


def _fit(size: Size, kinds: list[str], folder: Path) -> None:
    interactions = _interactions(size)
    log.info("fitting", size=size.name, algorithm=DEFAULT)
    default = fit(recommender(DEFAULT), interactions)
    movies = synthetic.movie_table(interactions.movie_ids, np.random.default_rng(0))
    for kind in kinds:
        contents = _of_kind(default, kind).complete(interactions).contents(kind, interactions, 1)
        artifact.write(folder / kind / "0", contents, movies)
        # A version is told by its run; what a swap has to do is the same when both have the same files.
        (folder / kind / "1").symlink_to("0")


def _interactions(size: Size) -> Interactions:
    """Ratings of `bench.data` up to now: how old a history is decides what a blend has to ask."""
    now = datetime.now(UTC).replace(microsecond=0)
    ratings = generate(Shape(size.n_users, size.n_movies, size.n_ratings)).with_columns(
        pl.col("user_id", "movie_id").cast(pl.String), pl.col("rated_at") + (now - ENDS_AT)
    )
    return Interactions.from_ratings(ratings, [str(row + 1) for row in range(size.n_movies)], 4.0, now)


def _of_kind(default: Fitted, kind: str) -> Fitted:
    """The part of the default that is of a kind, as a model of its own."""
    if kind == default.kind:
        return default
    if kind == "popularity":
        return Fitted(kind)
    name = next(name for name in sorted(default.parameters) if name.endswith(f".{kind}"))
    return Fitted(kind, _below(default.arrays, name), _below(default.parameters, name))


def _below(named: Mapping[str, T], name: str) -> dict[str, T]:
    return {key.removeprefix(f"{name}."): value for key, value in named.items() if key.startswith(f"{name}.")}
