"""What is served before the first model: the movies of the data set, by how many people liked them so far."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from matinee.artifact import movie_table
from matinee.artifact.axes import on_axes
from matinee.artifact.ids import Ids
from matinee.catalogue import MOVIES
from matinee.drift.records import StatisticsStore
from matinee.ranking import Histories, RankingModel
from matinee.ratings.ledger import Chunk, ChunkLedger
from matinee.ratings.sources.source import Source, prepared
from matinee.serving.model.catalogue import Catalogue
from matinee.serving.model.served import Provenance, ServedModel
from matinee.settings import Settings

ALGORITHM = "popular"


@dataclass(frozen=True)
class Basis:
    """What a fallback is made of; as long as it stays the same, so does the fallback."""

    source: Source | None = None
    """The data set, as it was prepared last; None when that was never done."""
    chunk: Chunk | None = None
    """Newest closed chunk."""


def basis(settings: Settings) -> Basis:
    """What there is to make a fallback of; cheap, so that it can be asked again and again."""
    source = prepared(settings)
    if source is None:
        return Basis()
    closed = [chunk for chunk in ChunkLedger(settings).chunks() if chunk.state == "closed"]
    return Basis(source, closed[-1] if closed else None)


def fallback(settings: Settings, found: Basis) -> ServedModel:
    """Popularity in all closed chunks; without one, the movies in their order; without a data set, nothing."""
    movies = found.source.movies() if found.source else MOVIES.to_frame()
    if found.chunk is None:
        return _served(_unrated(movies.height), [], movies["movie_id"].to_list(), movies, None)
    without = StatisticsStore(settings).not_learned_from(settings.watch)
    ratings = ChunkLedger(settings).ratings_through(found.chunk.chunk_id, without)
    known = on_axes(ratings, movies["movie_id"].to_list())
    liked = known.histories.items[known.histories.ratings >= settings.positive_rating]
    popularity = np.bincount(liked, minlength=len(known.movie_ids)).astype(np.float32)
    model = RankingModel(popularity, known.histories)
    return _served(model, known.user_ids, known.movie_ids, movies, found.chunk)


def empty() -> ServedModel:
    """A fallback without a movie."""
    return _served(_unrated(0), [], [], MOVIES.to_frame(), None)


def _served(
    model: RankingModel, user_ids: list[str], movie_ids: list[str], movies: pl.DataFrame, chunk: Chunk | None
) -> ServedModel:
    rows = {movie_id: row for row, movie_id in enumerate(movie_ids)}
    return ServedModel(
        model=model,
        user_index=Ids(pl.Series(user_ids, dtype=pl.String)),
        catalogue=Catalogue(movie_table(movie_ids, movies), rows, model.popularity),
        provenance=Provenance(
            algorithm=ALGORITHM,
            chunk_id=chunk.chunk_id if chunk else None,
            data_through=chunk.ends_at if chunk else None,
            trained_at=None,
        ),
        registered=None,
        loaded_at=datetime.now(UTC),
    )


def _unrated(n_movies: int) -> RankingModel:
    """A catalogue of which nothing is known."""
    nobody = Histories(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64))
    return RankingModel(popularity=np.zeros(n_movies, np.float32), histories=nobody)
