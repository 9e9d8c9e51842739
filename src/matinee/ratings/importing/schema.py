"""What a usable rating is: the canonical frames, and the check that sorts rows into usable and quarantined.

Nothing is lost: usable + quarantined = rows read. A quarantined row is kept as it came, with its place
and the first reason found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import polars as pl

from matinee.errors import BadData
from matinee.ratings.fields import EARLIEST, LATEST, in_utc

INSTANT = pl.Datetime("us", "UTC")
RATINGS = pl.Schema({"user_id": pl.String(), "movie_id": pl.String(), "rating": pl.Float32(), "rated_at": INSTANT})
QUARANTINE = pl.Schema({"file": pl.String(), "row": pl.Int64(), "line": pl.String(), "reason": pl.String()})

IN_TIME_ORDER = ["rated_at", "user_id", "movie_id"]

_FARTHEST_EPOCH_S = 1e11


class QuarantineReason(StrEnum):
    """Why a row is in quarantine."""

    WRONG_ENCODING = "wrong_encoding"
    WRONG_FIELD_COUNT = "wrong_number_of_fields"
    EMPTY_ID = "empty_id"
    RATING_NOT_A_NUMBER = "rating_not_a_number"
    RATING_OUT_OF_RANGE = "rating_out_of_range"
    TIME_MISSING = "timestamp_missing"
    TIME_UNREADABLE = "timestamp_unreadable"
    TIME_OUT_OF_RANGE = "timestamp_out_of_range"
    DUPLICATE = "duplicate"
    CONFLICT = "same_user_movie_and_time"
    LATE = "late"


@dataclass(frozen=True)
class Scale:
    """The ratings that are allowed, both ends included."""

    lowest: float
    highest: float


MOVIELENS_SCALE = Scale(0.5, 5)
OWN_SCALE = Scale(1e-6, 10)
"""A file of one's own may use any scale of positive numbers up to ten: five stars, ten points, a thumb as 1."""


@dataclass(frozen=True)
class Validated:
    """What became of the rows of one file: `ratings` in time order, and `quarantined` (columns of `QUARANTINE`)."""

    ratings: pl.DataFrame
    quarantined: pl.DataFrame


def validate(raw: Iterable[pl.DataFrame], scale: Scale, *, file: str = "") -> Validated:
    """Sort rows into usable ratings and quarantined rows.

    Args:
        raw: batches of rows as they came, all strings: `user_id, movie_id, rating, rated_at`, the whole row
            as text in `line`, its number in `row`, and in `reason` what the reader has already found (or null).
            Read a second time when there are repeated rows, so it must be possible to iterate twice.
        scale: the ratings that are allowed.
        file: name of the file, for the quarantine.

    Raises:
        BadData: no row is usable.
    """
    usable, refused = [], []
    for batch in raw:
        checked = _checked(batch, scale)
        usable.append(checked.filter(pl.col("reason").is_null()).select("row", *RATINGS))
        refused.append(_quarantine(checked.filter(pl.col("reason").is_not_null()), file))
    ordered = _with_repeats(pl.concat(usable)) if usable else pl.DataFrame()
    if ordered.is_empty():
        raise BadData(f"{file or 'The file'} holds no usable rating.", _most_frequent(refused))
    repeats = ordered.filter(pl.col("reason").is_not_null()).select("row", "reason")
    if not repeats.is_empty():
        refused += [_quarantine(batch.drop("reason").join(repeats, on="row"), file) for batch in raw]
    ratings = ordered.filter(pl.col("reason").is_null()).select(RATINGS.names())
    return Validated(ratings, pl.concat(refused).sort("row"))


def instants(texts: pl.Series) -> pl.Series:
    """Times in UTC from epoch seconds or ISO 8601 (UTC where no offset is given); null where neither fits."""
    seconds = texts.cast(pl.Float64, strict=False)
    within = seconds.is_finite() & (seconds.abs() < _FARTHEST_EPOCH_S)
    microseconds = (seconds.zip_with(within.fill_null(value=False), pl.Series([None], dtype=pl.Float64)) * 1e6).round()
    from_epoch = microseconds.cast(pl.Int64).cast(INSTANT)
    is_text = seconds.is_null()
    if not is_text.any():
        return from_epoch
    from_iso = pl.Series([_iso(text) for text in texts.filter(is_text)], dtype=INSTANT)
    return from_epoch.scatter(is_text.arg_true(), from_iso)


def _checked(batch: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    text = batch.with_columns(pl.col(RATINGS.names()).str.strip_chars())
    given = text["rated_at"]
    typed = text.with_columns(pl.col("rating").cast(pl.Float32, strict=False), instants(given)).with_columns(
        no_time=given.is_null() | (given == ""), is_number=given.cast(pl.Float64, strict=False).is_finite()
    )
    return typed.with_columns(reason=pl.coalesce("reason", _reason(scale)))


def _reason(scale: Scale) -> pl.Expr:
    empty = pl.any_horizontal(pl.col(name).is_null() | (pl.col(name) == "") for name in ("user_id", "movie_id"))
    rating, rated_at = pl.col("rating"), pl.col("rated_at")
    lowest, highest = (pl.lit(bound, pl.Float32) for bound in (scale.lowest, scale.highest))
    return (
        pl.when(empty)
        .then(pl.lit(QuarantineReason.EMPTY_ID))
        .when(~rating.is_finite().fill_null(value=False))
        .then(pl.lit(QuarantineReason.RATING_NOT_A_NUMBER))
        .when(~rating.is_between(lowest, highest))
        .then(pl.lit(QuarantineReason.RATING_OUT_OF_RANGE))
        .when("no_time")
        .then(pl.lit(QuarantineReason.TIME_MISSING))
        .when(rated_at.is_null() & ~pl.col("is_number").fill_null(value=False))
        .then(pl.lit(QuarantineReason.TIME_UNREADABLE))
        .when(~rated_at.is_between(EARLIEST, LATEST).fill_null(value=False))
        .then(pl.lit(QuarantineReason.TIME_OUT_OF_RANGE))
    )


def _with_repeats(usable: pl.DataFrame) -> pl.DataFrame:
    """Rows in time order; of several with the same user, movie and time, the first of the file gets no reason."""
    ordered = usable.sort(*IN_TIME_ORDER, "row")
    repeated = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in IN_TIME_ORDER).fill_null(value=False)
    kept_rating = pl.when(~repeated).then("rating").forward_fill()
    return ordered.with_columns(
        reason=pl.when(repeated & (pl.col("rating") == kept_rating))
        .then(pl.lit(QuarantineReason.DUPLICATE))
        .when(repeated)
        .then(pl.lit(QuarantineReason.CONFLICT))
    )


def _quarantine(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    return rows.select(pl.lit(file).alias("file"), pl.col("row").cast(pl.Int64), "line", "reason")


def _most_frequent(refused: list[pl.DataFrame]) -> str:
    if not refused or (rows := pl.concat(refused)).is_empty():
        return "The file has no rows; name another one."
    reason, n_rows = rows["reason"].value_counts(sort=True).row(0)
    first = rows.filter(pl.col("reason") == reason).row(0, named=True)
    return f"{n_rows} of {rows.height} rows: {reason}, such as row {first['row']}: {first['line'][:80]!r}."


def _iso(text: str | None) -> datetime | None:
    try:
        return in_utc(datetime.fromisoformat(text or ""))
    except (ValueError, OverflowError):
        return None
