"""What files hold, found before anything is taken from them: form, columns, scale, times, and what is unusable."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl

from matinee.ratings.events import IS_RATING, named_events
from matinee.ratings.importing import schema
from matinee.ratings.importing.opening import Table
from matinee.ratings.scale import ANY_POSITIVE, likely_scale, scale_among
from matinee.ratings.sources import movielens
from matinee.ratings.sources.movielens import InputFiles

_THUMBS = {-1.0, 0.0, 1.0}

_UNITS = ((1e11, "seconds"), (1e14, "milliseconds"), (1e17, "microseconds"), (float("inf"), "nanoseconds"))


@dataclass(frozen=True)
class FileSurvey:
    """How one table is written."""

    path: str
    form: str
    encoding: str | None
    """None for Parquet, which has none."""

    confidence: float | None
    """How sure the encoding is, 0 to 1."""

    columns: Mapping[str, str]
    """The file's name of each of our columns that it has."""

    ignored: tuple[str, ...]
    n_rows: int
    reasons: Mapping[str, int]
    """Rows that cannot be used, by reason."""

    @property
    def unusable(self) -> float:
        """Share of the rows that cannot be used, 0 to 1."""
        return sum(self.reasons.values()) / self.n_rows if self.n_rows else 0.0


@dataclass(frozen=True)
class FoundScale:
    """The ratings that occur, those that are out of range among them."""

    lowest: float
    highest: float
    n_values: int
    likely: str
    """The scale (`ratings.scale`) that was declared, or that the usable ones are probably of."""


@dataclass(frozen=True)
class Survey:
    """What was found."""

    ratings: FileSurvey
    movies: FileSurvey | None
    n_ratings: int
    n_users: int
    n_movies: int
    untitled: float
    """Share of the rated movies that no movies file has a title for, 0 to 1."""

    first_rated_at: datetime
    last_rated_at: datetime
    scale: FoundScale
    events: Mapping[str, int]
    """Number of rows of each event."""
    time_unit: str
    """`ISO 8601`, `seconds`, `milliseconds` and so on; the most frequent one."""

    has_only_dates: bool
    """Whether no time has a time of day."""


def survey(files: InputFiles) -> Survey:
    """Look through all rows; nothing is written.

    Raises:
        BadData: a file cannot be read, or no rating is usable.
    """
    values, unit = _values_and_unit(files.ratings, files.event)
    files = _with_thumbs(files, values)
    validated = schema.validate(files.ratings, files.scale, file=files.ratings.path.name, event=files.event)
    rated = validated.ratings
    movies, n_movie_rows, refused_movies, _ = movielens.read_movies(files, rated)
    events = dict(rated["event"].cast(pl.String).value_counts().sort("event").iter_rows())
    scale = FoundScale(
        *(values[0], values[-1]) if values else (0.0, 0.0),
        len(values),
        str(scale_among(files.scale, rated.filter(IS_RATING)["rating"])),
    )
    of_rated = movies.join(rated.select("movie_id").unique(), on="movie_id")
    times = rated["rated_at"]
    return Survey(
        ratings=_of_table(files.ratings, rated.height + validated.quarantined.height, validated.quarantined),
        movies=_of_table(files.movies.table, n_movie_rows, refused_movies) if files.movies else None,
        n_ratings=rated.height,
        n_users=rated["user_id"].n_unique(),
        n_movies=of_rated.height,
        untitled=of_rated.filter(pl.col("title") == pl.col("movie_id")).height / of_rated.height,
        first_rated_at=times[0].astimezone(UTC),
        last_rated_at=times[-1].astimezone(UTC),
        scale=scale,
        events=events,
        time_unit=unit,
        has_only_dates=bool((times.dt.epoch("s") % 86_400 == 0).all()),
    )


def validated(files: InputFiles) -> tuple[InputFiles, schema.Validated]:
    """The usable ratings and the others, of all files alike; and the files with their scale, where that is of thumbs.

    Raises:
        BadData: as `schema.validate`.
    """
    found = schema.validate(files.ratings, files.scale, file=files.ratings.path.name, event=files.event)
    values = found.ratings.filter(IS_RATING)["rating"].unique()
    if files.scale is ANY_POSITIVE and found.quarantined.height and set(values) <= {1.0}:
        of_thumbs = _with_thumbs(files, _values_and_unit(files.ratings, files.event)[0])
        return (files, found) if of_thumbs is files else validated(of_thumbs)
    return files, found


def _with_thumbs(files: InputFiles, values: list[float]) -> InputFiles:
    """With a scale that holds 0 and -1, where nobody declared one and thumbs are all the ratings that there are."""
    if files.scale is ANY_POSITIVE and values and set(values) <= _THUMBS:
        return replace(files, scale=likely_scale(values))
    return files


def _of_table(table: Table, n_rows: int, refused: pl.DataFrame) -> FileSurvey:
    encoding = table.found_encoding
    return FileSurvey(
        path=str(table.path),
        form=table.form,
        encoding=encoding.name if encoding else None,
        confidence=encoding.confidence if encoding else None,
        columns=table.meant,
        ignored=tuple(name for name in table.header if name not in table.meant.values()),
        n_rows=n_rows,
        reasons=dict(refused["reason"].value_counts().sort("count", "reason", descending=[True, False]).iter_rows()),
    )


def _values_and_unit(table: Table, event: str) -> tuple[list[float], str]:
    """The different ratings, rising, and the unit of time that occurs most, in one pass."""
    values, units = pl.Series([], dtype=pl.Float64), Counter[str]()
    for batch in table:
        numbers = _ratings_in(batch, event)
        values = pl.concat([values, numbers.filter(numbers.is_finite())]).unique()
        units.update(_units(batch["rated_at"]))
    return values.sort().to_list(), units.most_common(1)[0][0] if units else ""


def _ratings_in(batch: pl.DataFrame, event: str) -> pl.Series:
    """The numbers of the rows that are ratings."""
    is_rating = pl.lit(event) == "rating"
    if "event" in batch.columns:
        is_rating = named_events(pl.col("event")).fill_null(event) == "rating"
    column = next((name for name in ("rating", "value") if name in batch.columns), None)
    if column is None:
        return pl.Series([], dtype=pl.Float64)
    return batch.filter(is_rating)[column].str.strip_chars().cast(pl.Float64, strict=False)


def _units(times: pl.Series) -> dict[str, int]:
    """How many times are written in which way."""
    numbers = times.str.strip_chars().cast(pl.Float64, strict=False).abs()
    unit = pl.lit(None, pl.String)
    for below, name in reversed(_UNITS):
        unit = pl.when(pl.col("number") < below).then(pl.lit(name)).otherwise(unit)
    named = pl.DataFrame({"number": numbers}).select(unit.fill_null("ISO 8601").alias("unit"))["unit"]
    return dict(named.value_counts().iter_rows())
