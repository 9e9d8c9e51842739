"""The served model with what people changed in the catalogue by hand, as of the moment of the request.

Every worker, and every replica on the same database, asks before each answer whether anything has changed: SQLite says
so at once through its `data_version`, PostgreSQL is asked for the newest number. While the database is unavailable the
last known changes hold.
"""

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import polars as pl
import structlog
from sqlalchemy.pool import PoolProxiedConnection

from matinee.catalogue.changes import ChangedMovie, Changes, MovieStatus, changed
from matinee.catalogue.features import content_of
from matinee.errors import MatineeError
from matinee.ranking import Mask, RankingModel
from matinee.ratings.movie_changes import MovieChanges
from matinee.serving.database import AGAIN_S, DatabasePatience, ask_database
from matinee.serving.model.catalogue import Catalogue
from matinee.serving.model.served import ServedModel
from matinee.serving.model.slot import ModelSlot
from matinee.serving.turn import Turn
from matinee.settings import Settings

log = structlog.get_logger()


class LiveCatalogue:
    """What one worker serves: the model of its slot, with the catalogue of this moment."""

    def __init__(self, settings: Settings, slot: ModelSlot, patience: DatabasePatience) -> None:
        self._settings, self._slot, self._patience = settings, slot, patience
        self._follows_file = settings.database.startswith("sqlite")
        self._connection: PoolProxiedConnection | None = None
        self._data_version = -1
        self._store: MovieChanges | None = None
        self._number, self._changes = 0, dict[str, ChangedMovie]()
        self._reading, self._making = asyncio.Lock(), asyncio.Lock()
        self._unavailable_until = 0.0
        self._turn, self._has_changed = Turn(), True
        self._made: tuple[ServedModel, int, ServedModel] | None = None
        """The model of the slot, the number of the newest change, and what both make."""

    async def served(self) -> ServedModel:
        """The model with every change that was committed before this call."""
        if self._may_have_changed():
            await self._read()
        base = self._slot.current
        if not self._changes:
            return base
        return self._made_of(base) or await self._make(base)

    def _made_of(self, base: ServedModel) -> ServedModel | None:
        made = self._made
        return made[2] if made is not None and made[0] is base and made[1] == self._number else None

    async def _make(self, base: ServedModel) -> ServedModel:
        async with self._making:
            made = self._made_of(base)
            if made is None:
                number, changes = self._number, self._changes
                made = await asyncio.to_thread(with_changes, base, changes)
                self._made = base, number, made
            return made

    async def changed(self, other: ServedModel) -> ServedModel:
        """Another model than that of the slot, with the same changes."""
        return await asyncio.to_thread(with_changes, other, self._changes) if self._changes else other

    @property
    def changes(self) -> Changes:
        """What counts, as of the last call of `served`."""
        return self._changes

    def _may_have_changed(self) -> bool:
        if time.monotonic() < self._unavailable_until or self._patience.is_over:
            return False
        if self._connection is None:
            return True
        if self._turn.begins():
            self._has_changed = self._asked(self._connection)
        return self._has_changed

    def _asked(self, connection: PoolProxiedConnection) -> bool:
        """Whether anything was committed since the changes were read."""
        try:
            return self._version_of(connection) != self._data_version
        except sqlite3.Error:
            connection.invalidate()
            self._connection = None
            return True

    async def _read(self) -> None:
        # PostgreSQL is asked by each request by itself, and a connection to SQLite by one at a time.
        async with self._reading if self._follows_file else nullcontext():
            if not self._may_have_changed():
                return
            try:
                async with self._patience.waiting():
                    await self._read_now()
            except (MatineeError, sqlite3.Error) as error:
                self._unavailable_until = time.monotonic() + AGAIN_S
                log.warning("catalogue_changes_unavailable", reason=str(error))

    async def _read_now(self) -> None:
        version = -1
        if self._follows_file:
            # A connection of its own: a connection's data version does not tell of its own commits. Only this thread
            # asks it, and before the changes are read, so that none is missed between the two.
            if self._connection is None:
                self._connection = await ask_database(self._connected)
            version = self._version_of(self._connection)
        await ask_database(self._take)
        self._data_version = version

    def _connected(self) -> PoolProxiedConnection:
        return self._opened().database.raw_connection()

    def _opened(self) -> MovieChanges:
        store = self._store = self._store or MovieChanges(self._settings)
        return store

    def _take(self) -> None:
        store = self._opened()
        number = store.newest()
        # Two answers of PostgreSQL may overtake each other.
        if number > self._number or (self._follows_file and number != self._number):
            self._changes = store.movies()
            self._number = number

    @staticmethod
    def _version_of(connection: PoolProxiedConnection) -> int:
        cursor = connection.cursor()
        version: int = cursor.execute("PRAGMA data_version").fetchone()[0]
        return version


def with_changes(base: ServedModel, changes: Changes) -> ServedModel:
    """A served model with movies that were renamed, hidden, retired or added; rows of all others stay."""
    movies = changed(base.catalogue.movies, changes)
    movie_ids = movies["movie_id"].to_list()
    index = {movie_id: row for row, movie_id in enumerate(movie_ids)}
    n_new = len(movie_ids) - len(base.catalogue)
    model = base.model if n_new == 0 else _extended(base.model, movies)
    hidden = _with_status(changes, index, "hidden", "retired")
    retired = _with_status(changes, index, "retired")
    catalogue = Catalogue(movies, index, model.popularity, hidden, retired)
    return replace(base, model=model, catalogue=catalogue, origin=base, _because={})


def _extended(model: RankingModel, movies: pl.DataFrame) -> RankingModel:
    """With a row for each movie that follows those of the model, scored by what is known of it."""
    n_learned = model.n_movies
    n_ratings = np.zeros(movies.height, np.int64)
    n_ratings[:n_learned] = model.n_ratings
    new = content_of(movies, n_ratings, range(n_learned, movies.height))
    return model.with_content(new if model.content is None else model.content.with_more(new))


def _with_status(changes: Changes, index: Mapping[str, int], *statuses: MovieStatus) -> Mask:
    """Movies of these statuses, shape (n_movies,)."""
    found = np.zeros(len(index), bool)
    rows = (index.get(each.movie_id) for each in changes.values() if each.status in statuses)
    found[[row for row in rows if row is not None]] = True
    return found
