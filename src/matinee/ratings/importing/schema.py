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
from matinee.ranking.events import EVENTS
from matinee.ratings.events import EVENT, MOST_OF_A_VALUE, named_events
from matinee.ratings.fields import EARLIEST, LATEST, WHOLE_FLOAT, in_utc
from matinee.ratings.scale import Scale

INSTANT = pl.Datetime("us", "UTC")
RATINGS = pl.Schema(
    {
        "user_id": pl.String(),
        "movie_id": pl.String(),
        "rating": pl.Float32(),
        "rated_at": INSTANT,
        "event": EVENT,
    }
)
"""Ratings and other events; `rating` is the value of an event, null where it has none."""
CHUNK = pl.Schema(
    {
        **RATINGS,
        "user_id": pl.Categorical(),
        "movie_id": pl.Categorical(),
        "origin": pl.Enum(["source", "live"]),
        "late": pl.Boolean(),
    }
)
"""The interactions of chunks as they are read. Ids are numbers to whatever groups, joins and sorts many million rows:
a training on 20 million takes 3.4 GB at its peak where it took 4.8 with text."""
QUARANTINE = pl.Schema({"file": pl.String(), "row": pl.Int64(), "line": pl.String(), "reason": pl.String()})

IN_TIME_ORDER = ["rated_at", "user_id", "movie_id"]

_MICROSECONDS = {1e11: 1e6, 1e14: 1e3, 1e17: 1.0, 1e20: 1e-3}
"""What a number of seconds, ms, µs or ns is in µs, by the size below which it is one: none of the years 1990 to 2099
in one unit is one of these years in another."""

NO_VALUE = -1e30
"""Stands for the value that an event does not have, where values are compared."""

_ROUNDED_FLOAT = r"^[+-]?\d(?:\.\d+)?[eE][+-]\d+$"
_ZONE_IN_WORDS = " UTC"


class QuarantineReason(StrEnum):
    """Why a row is in quarantine."""

    WRONG_ENCODING = "wrong_encoding"
    WRONG_FIELD_COUNT = "wrong_number_of_fields"
    EMPTY_ID = "empty_id"
    ROUNDED_ID = "id_was_rounded"
    RATING_NOT_A_NUMBER = "rating_not_a_number"
    UNKNOWN_EVENT = "unknown_event"
    UNKNOWN_STATUS = "unknown_status"
    RATING_OUT_OF_RANGE = "rating_out_of_range"
    TIME_MISSING = "timestamp_missing"
    TIME_UNREADABLE = "timestamp_unreadable"
    TIME_OUT_OF_RANGE = "timestamp_out_of_range"
    DUPLICATE = "duplicate"
    CONFLICT = "same_user_movie_and_time"
    LATE = "late"


@dataclass(frozen=True)
class Validated:
    """What became of the rows of one file: `ratings` in time order, and `quarantined` (columns of `QUARANTINE`)."""

    ratings: pl.DataFrame
    quarantined: pl.DataFrame


def validate(raw: Iterable[pl.DataFrame], scale: Scale, *, file: str = "", event: str = "rating") -> Validated:
    """Sort rows into usable ratings and quarantined rows.

    Args:
        raw: batches of rows as they came, all strings: `user_id, movie_id, rated_at`, and of `rating`, `event` and
            `value` what there is; the whole row as text in `line`, its number in `row`, and in `reason` what the reader
            has already found (or null).
            Read a second time when there are repeated rows, so it must be possible to iterate twice.
        scale: the ratings that are allowed, from its lowest to its highest; its step is not asked for.
        file: name of the file, for the quarantine.
        event: what a row is that does not say so itself.

    Raises:
        BadData: no row is usable.
    """
    usable, refused = [], []
    for batch in raw:
        checked = _checked(batch, scale, event)
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
    """Times in UTC from numbers since 1970 or ISO 8601 (UTC where no offset is given); null where neither fits.

    The unit of a number (s, ms, µs, ns) follows from its size.
    """
    numbers = texts.cast(pl.Float64, strict=False)
    size, factor = numbers.abs(), pl.lit(None, pl.Float64)
    for below, in_microseconds in reversed(_MICROSECONDS.items()):
        factor = pl.when(pl.col("size") < below).then(pl.lit(in_microseconds)).otherwise(factor)
    frame = pl.DataFrame({"number": numbers, "size": size})
    from_epoch = frame.select((pl.col("number") * factor).round().cast(pl.Int64).cast(INSTANT)).to_series()
    is_text = numbers.is_null()
    if not is_text.any():
        return from_epoch.alias(texts.name)
    from_iso = pl.Series([_iso(text) for text in texts.filter(is_text)], dtype=INSTANT)
    return from_epoch.scatter(is_text.arg_true(), from_iso).alias(texts.name)


def canonical_text(texts: pl.Expr) -> pl.Expr:
    """What `fields.canonical_text` does, of a column."""
    return texts.str.strip_chars().str.normalize("NFC")


def canonical_ids(texts: pl.Expr) -> pl.Expr:
    """What `fields.canonical_id` does, of a column."""
    return canonical_text(texts).str.replace_all(WHOLE_FLOAT, "$1")


def wrong_id(ids: pl.Expr) -> pl.Expr:
    """Why an id in its canonical form is none: it is empty, or a float whose last digits are lost; null for an id."""
    return (
        pl.when(ids.is_null() | (ids == ""))
        .then(pl.lit(QuarantineReason.EMPTY_ID))
        .when(ids.str.contains(_ROUNDED_FLOAT))
        .then(pl.lit(QuarantineReason.ROUNDED_ID))
    )


def _checked(batch: pl.DataFrame, scale: Scale, event: str) -> pl.DataFrame:
    said = named_events(pl.col("event")) if "event" in batch.columns else pl.lit(event)
    text = batch.with_columns(
        canonical_ids(pl.col("user_id", "movie_id")),
        pl.col("rated_at").str.strip_chars(),
        event=said.fill_null(event),
    )
    text = text.with_columns(rating=_values(text))
    given, has_value = text["rated_at"], text["rating"].is_not_null()
    typed = text.with_columns(pl.col("rating").cast(pl.Float32, strict=False), instants(given)).with_columns(
        no_time=given.is_null() | (given == ""), is_number=given.cast(pl.Float64, strict=False).is_finite()
    )
    checked = typed.with_columns(has_value=has_value).with_columns(reason=pl.coalesce("reason", _reason(scale)))
    return checked.with_columns(pl.col("event").cast(EVENT, strict=False))


def _values(text: pl.DataFrame) -> pl.Expr:
    """The value of each row as text: of a rating the column `rating` if there is one, of `watch` the column `value`."""
    given = {name: pl.col(name).str.strip_chars() for name in ("rating", "value") if name in text.columns}
    nothing = pl.lit(None, pl.String)
    of_rating = given.get("rating", given.get("value", nothing))
    of_watch = given.get("value", of_rating)
    value = pl.when(pl.col("event") == "rating").then(of_rating).when(pl.col("event") == "watch").then(of_watch)
    return pl.when(value != "").then(value)


def _reason(scale: Scale) -> pl.Expr:
    rating, rated_at, event = pl.col("rating"), pl.col("rated_at"), pl.col("event")
    needs_value = (event == "rating") | pl.col("has_value")
    lowest, highest = (pl.lit(bound, pl.Float32) for bound in (scale.lowest, scale.highest))
    wrong = pl.coalesce(wrong_id(pl.col("user_id")), wrong_id(pl.col("movie_id")))
    return (
        pl.when(wrong.is_not_null())
        .then(wrong)
        .when(~event.is_in(EVENTS))
        .then(pl.lit(QuarantineReason.UNKNOWN_EVENT))
        .when(needs_value & ~rating.is_finite().fill_null(value=False))
        .then(pl.lit(QuarantineReason.RATING_NOT_A_NUMBER))
        .when((event == "rating") & ~rating.is_between(lowest, highest))
        .then(pl.lit(QuarantineReason.RATING_OUT_OF_RANGE))
        .when((event == "watch") & ~rating.is_between(0, MOST_OF_A_VALUE).fill_null(value=True))
        .then(pl.lit(QuarantineReason.RATING_OUT_OF_RANGE))
        .when("no_time")
        .then(pl.lit(QuarantineReason.TIME_MISSING))
        .when(rated_at.is_null() & ~pl.col("is_number").fill_null(value=False))
        .then(pl.lit(QuarantineReason.TIME_UNREADABLE))
        .when(~rated_at.is_between(EARLIEST, LATEST).fill_null(value=False))
        .then(pl.lit(QuarantineReason.TIME_OUT_OF_RANGE))
    )


def _with_repeats(usable: pl.DataFrame) -> pl.DataFrame:
    """Rows in time order; of several with the same user, movie, time and event, the first gets no reason."""
    ordered = usable.sort(*IN_TIME_ORDER, "event", "row")
    same = [*IN_TIME_ORDER, "event"]
    repeated = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in same).fill_null(value=False)
    value = pl.col("rating").fill_null(NO_VALUE)
    kept_value = pl.when(~repeated).then(value).forward_fill()
    return ordered.with_columns(
        reason=pl.when(repeated & (value == kept_value))
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
        return in_utc(datetime.fromisoformat((text or "").removesuffix(_ZONE_IN_WORDS)))
    except ValueError:
        return None
