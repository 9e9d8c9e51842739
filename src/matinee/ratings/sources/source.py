"""The source of ratings: a named data set or files of one's own, validated once and kept ready under `datasets/`."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, get_type_hints

import polars as pl
import structlog
from pydantic import AwareDatetime, create_model

from matinee.catalogue.changes import MovieStatus
from matinee.errors import Damaged, UsageError
from matinee.ratings.events import IS_RATING
from matinee.ratings.scale import Scale, scale_among
from matinee.ratings.sources import movielens
from matinee.ratings.sources.download import ARCHIVES, Report, fetch
from matinee.ratings.sources.own import declared, find_own, folder_name, is_elsewhere, named_files, source_name
from matinee.ratings.sources.survey import validated
from matinee.settings import Settings
from matinee.storage import Storage, digest, home_storage, locked, write_json, write_parquet

log = structlog.get_logger()

FORMAT_VERSION = 9
"""Raised whenever the same input gives another result; what older versions prepared is then prepared again."""


@dataclass(frozen=True)
class Source:
    """A prepared source of ratings.

    Its folder in the storage holds `ratings.parquet` (in the order of time, user, movie), `movies.parquet`,
    `statuses.parquet`, `quarantine.parquet` and `source.json`, which is this record.
    """

    storage: Storage = field(repr=False, compare=False)

    name: str
    """Name of the data set, or the absolute path that was given."""

    folder: str
    """Name of its folder, such as `datasets/ml-100k`."""

    form: str
    """Form of its files: `u.data`, `ratings.csv`, `ratings.dat`, or `file`."""

    n_rows: int
    """Rows of the ratings file; each is in `ratings.parquet` or in quarantine."""

    n_ratings: int
    n_users: int
    n_movies: int
    reasons: dict[str, int]
    """Rows in quarantine by reason, those of the movies file included."""

    n_movie_rows: int
    """Rows of the movies file; 0 where there is none."""

    movie_reasons: dict[str, int]
    """Rows of the movies file in quarantine, by reason."""

    first_rated_at: datetime
    last_rated_at: datetime
    inputs: dict[str, str]
    """SHA-256 of each file that was read, by its absolute path."""

    columns: str
    """What `MATINEE_COLUMNS` was."""

    rating_scale: str
    """What `MATINEE_RATING_SCALE` was."""

    event: str
    """What `MATINEE_EVENT` was."""

    scale: str
    """The scale of its ratings (`ratings.scale`): what was declared, or what they are probably of."""

    tables: dict[str, str] = field(default_factory=dict, compare=False)
    """SHA-256 of each of its tables; none in the record of a matinee that did not note them."""

    @property
    def rating_reasons(self) -> dict[str, int]:
        """Rows of the ratings file in quarantine, by reason."""
        left = {reason: count - self.movie_reasons.get(reason, 0) for reason, count in self.reasons.items()}
        return {reason: count for reason, count in left.items() if count}

    @property
    def ratings_path(self) -> Path:
        """Parquet file of all usable ratings (`schema.RATINGS`)."""
        return self.table("ratings")

    @cached_property
    def digest(self) -> str:
        """Changes whenever the content of an input changes, or how it is read: either may make more rows usable."""
        how = (FORMAT_VERSION, self.columns, self.rating_scale, self.event)
        return hashlib.sha256(json.dumps([*how, *self.inputs.values()]).encode()).hexdigest()

    def table(self, name: str) -> Path:
        """Local path of one of its tables; raises what `Storage.read` raises."""
        return self.storage.read(self._name_of(name))

    def is_whole(self) -> bool:
        """Whether its tables are as they were written, all by one writer."""
        try:
            for name, sha256 in self.tables.items():
                self.storage.read(self._name_of(name), sha256)
        except Damaged as error:
            log.warning("source_damaged", source=self.name, reason=str(error))
            return False
        return True

    def _name_of(self, table: str) -> str:
        return f"{self.folder}/{table}.parquet"

    def ratings(self) -> pl.DataFrame:
        """All usable ratings (`schema.RATINGS`) in the order of time, user, movie."""
        return pl.read_parquet(self.ratings_path)

    def movies(self) -> pl.DataFrame:
        """All movies (`catalogue.MOVIES`), by id; those of which nothing is known have their id as title."""
        return pl.read_parquet(self.table("movies"))

    def statuses(self) -> dict[str, MovieStatus]:
        """The status of each movie that its file says is hidden or retired."""
        return dict(pl.read_parquet(self.table("statuses")).iter_rows())

    def quarantine(self) -> pl.DataFrame:
        """The rows that cannot be used (`schema.QUARANTINE`), as they came."""
        return pl.read_parquet(self.table("quarantine"))


_KINDS: dict[str, Any] = {name: (kind, ...) for name, kind in get_type_hints(Source).items() if name != "storage"}
_KINDS |= {
    "first_rated_at": (AwareDatetime, ...),
    "last_rated_at": (AwareDatetime, ...),
    "tables": (dict[str, str], {}),
}
_Record = create_model("_Record", stamps=(dict[str, list[int]], ...), **_KINDS)
"""The kind of each field of `source.json`."""


def prepare(settings: Settings, report: Report | None = None, *, verify: bool = False) -> Source:
    """Find or fetch the ratings that the settings name, and validate them, unless that was done before.

    Args:
        settings: `data` names the data set or path; results are kept under `home`.
        report: called with bytes done and bytes in all while something is downloaded.
        verify: whether tables that were prepared before are compared with their SHA-256, and prepared again if they
            have another.

    Raises:
        UsageError: there is no such data set or file.
        BadData: the files are not what they should be, or hold no usable rating.
        DependencyUnreachable: a download failed.
    """
    name, storage = folder_name(settings.data), home_storage(settings)
    with locked(settings.home / "datasets" / f".{PurePosixPath(name).name}.lock"):
        untouched = _untouched(settings, storage, name)
        if untouched is not None and (not verify or untouched.is_whole()):
            return untouched
        files = _input_files(settings, storage, name, report or _silent)
        stamps = _stamps(files.paths)
        kept = _kept(settings, storage, name, stamps)
        if kept is None or (verify and not kept.is_whole()):
            kept = _prepare(settings, files, storage, name)
            write_json(storage, f"{name}/source.json", {"stamps": stamps, **_as_json(kept)})
        return kept


def prepared(settings: Settings) -> Source | None:
    """The source as `prepare` left it last, whatever its files are now, which are not read; None before."""
    name, storage = folder_name(settings.data), home_storage(settings)
    record = _record(storage, name)
    return None if record is None else _from_json(record, storage, name)


def _input_files(settings: Settings, storage: Storage, name: str, report: Report) -> movielens.InputFiles:
    if settings.data in ARCHIVES:
        if not storage.exists(f"{name}/raw"):
            log.info("fetch", dataset=settings.data)
            fetch(settings.data, storage, f"{name}/raw", report)
        return declared(settings, movielens.find(storage.read(f"{name}/raw"), settings.movies))
    return find_own(settings)


def _prepare(settings: Settings, files: movielens.InputFiles, storage: Storage, name: str) -> Source:
    inputs = {str(path): digest(path) for path in files.paths}
    files, usable = validated(files)
    movies, n_movie_rows, refused_movies, statuses = movielens.read_movies(files, usable.ratings)
    quarantined = pl.concat([usable.quarantined, refused_movies])
    frames = {"ratings": usable.ratings, "movies": movies, "statuses": statuses, "quarantine": quarantined}
    tables = {what: write_parquet(storage, f"{name}/{what}.parquet", frame) for what, frame in frames.items()}
    times = usable.ratings["rated_at"]
    return Source(
        name=source_name(settings.data),
        storage=storage,
        folder=name,
        form=files.form,
        n_rows=usable.ratings.height + usable.quarantined.height,
        n_ratings=usable.ratings.height,
        n_users=usable.ratings["user_id"].n_unique(),
        n_movies=movies.height,
        reasons=_counted(quarantined),
        n_movie_rows=n_movie_rows,
        movie_reasons=_counted(refused_movies),
        first_rated_at=times[0].astimezone(UTC),
        last_rated_at=times[-1].astimezone(UTC),
        inputs=inputs,
        columns=settings.columns,
        rating_scale=settings.rating_scale,
        event=settings.event,
        scale=str(scale_among(files.scale, usable.ratings.filter(IS_RATING)["rating"])),
        tables=tables,
    )


def _untouched(settings: Settings, storage: Storage, name: str) -> Source | None:
    """The record of an earlier call, if nobody has touched the files that the settings name, which are not opened.

    Nor are those that object storage keeps of a named set, which nobody edits there, or that this machine lacks.
    """
    paths = named_files(settings)
    if paths is None and not (settings.storage and is_elsewhere(settings)):
        return None
    record = _record_of(settings, storage, name)
    is_as_before = record is not None and (paths is None or record["stamps"] == _stamps(paths))
    return _from_json(record, storage, name) if record and is_as_before else None


def _kept(settings: Settings, storage: Storage, name: str, stamps: dict[str, Any]) -> Source | None:
    """The record of an earlier call, if it still describes the files; a touched file with the same content does."""
    record = _record_of(settings, storage, name)
    if record is None:
        return None
    source = _from_json(record, storage, name)
    if record["stamps"] == stamps:
        return source
    if {name: digest(Path(name)) for name in stamps} != source.inputs:
        return None
    write_json(storage, f"{name}/source.json", {**record, "stamps": stamps})
    return source


def _record_of(settings: Settings, storage: Storage, name: str) -> dict[str, Any] | None:
    """What an earlier call wrote that read the files as these settings say."""
    record, how = _record(storage, name), ("columns", "rating_scale", "event")
    return record if record and all(record[each] == getattr(settings, each) for each in how) else None


def _record(storage: Storage, name: str) -> dict[str, Any] | None:
    """What an earlier call wrote; None when it is of another format version, or no whole record (which is logged)."""
    if not storage.exists(f"{name}/source.json"):
        return None
    text = storage.read(f"{name}/source.json").read_bytes()
    try:
        record: dict[str, Any] = json.loads(text)
        if record["format_version"] != FORMAT_VERSION:
            return None
        _Record.model_validate_json(text, strict=True)
        Scale.parse(_from_json(record, storage, name).scale)
    except (ValueError, TypeError, KeyError, UsageError) as error:
        log.warning("source_record_unreadable", record=f"{name}/source.json", reason=str(error))
        return None
    return record


def _stamps(paths: Iterable[Path]) -> dict[str, list[int]]:
    stats = {str(path): path.stat() for path in paths}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}


def _counted(refused: pl.DataFrame) -> dict[str, int]:
    return dict(refused["reason"].value_counts().sort("reason").iter_rows())


def _as_json(source: Source) -> dict[str, Any]:
    values = {name: getattr(source, name) for name in Source.__dataclass_fields__ if name != "storage"}
    times = {name: values[name].isoformat() for name in ("first_rated_at", "last_rated_at")}
    return {"format_version": FORMAT_VERSION, **values, "folder": PurePosixPath(source.folder).name, **times}


def _from_json(record: dict[str, Any], storage: Storage, name: str) -> Source:
    times = {each: datetime.fromisoformat(record[each]) for each in ("first_rated_at", "last_rated_at")}
    kept = {each: record[each] for each in Source.__dataclass_fields__ if each in record}
    return Source(**{**kept, "storage": storage, "folder": name, **times})


def _silent(done_bytes: int, total_bytes: int | None) -> None:
    """Report nothing."""
