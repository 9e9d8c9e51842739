"""Somebody's own history as other services export it: Letterboxd, IMDb, Trakt, Netflix."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from matinee.errors import BadData
from matinee.ratings.fields import in_utc
from matinee.ratings.importing.columns import plain_name
from matinee.ratings.importing.contents import Kind, kind_of
from matinee.ratings.importing.tables import TextTable, decoded_head

LIKED = 4.0
"""Stars of what was watched and not rated: whoever watches something usually likes it."""

_EPISODE = re.compile(
    r":.*\b(season|series|episode|part|volume|chapter|시즌|파트|staffel|saison|temporada)\b", re.IGNORECASE
)
_NUMBERS = re.compile(r"^\s*(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})\.?\s*$")


@dataclass(frozen=True)
class Seen:
    """A movie that somebody rated or watched."""

    title: str
    year: int | None
    stars: float
    """Half to five."""

    at: datetime | None
    is_rated: bool
    """False: watched, and taken for `LIKED`."""


@dataclass(frozen=True)
class ExportedHistory:
    """What one file holds."""

    service: str
    seen: Sequence[Seen]
    n_other: int
    """Rows that are no movies: series, episodes, people."""


def read_history(path: Path) -> ExportedHistory:
    """Read an export, whatever its name is.

    Raises:
        BadData: it is of no service that is known.
    """
    kind = kind_of(path)
    if kind is Kind.PARQUET:
        raise _unknown(path)
    if decoded_head(path, kind).lstrip().startswith("["):
        return _trakt(path)
    table = TextTable(path, kind=kind)
    names = {plain_name(name) for name in table.header}
    for service, needed, reader in _SERVICES:
        if needed <= names:
            return ExportedHistory(service, *_of_rows(table, reader))
    raise _unknown(path)


Row = Mapping[str, str]
Reader = Callable[[Row, "DateOrder"], Seen | None]


@dataclass(frozen=True)
class DateOrder:
    """In which order a service writes day, month and year; found from all dates of a file."""

    is_day_first: bool

    @classmethod
    def of(cls, texts: Sequence[str]) -> "DateOrder":
        """Day first when some first number can be no month, or dots part them; else month first, as in America."""
        parts = [match.groups() for text in texts if (match := _NUMBERS.match(text))]
        return cls(any(int(first) > 12 for first, _, _ in parts) or any("." in text for text in texts))

    def read(self, text: str) -> datetime | None:
        """The time, or None for something else."""
        try:
            return in_utc(datetime.fromisoformat(text.strip()))
        except ValueError:
            match = _NUMBERS.match(text)
        if match is None:
            return None
        first, second, third = (int(part) for part in match.groups())
        if len(match[1]) == 4:
            year, month, day = first, second, third
        else:
            day, month = (first, second) if self.is_day_first else (second, first)
            year = third + 2000 if third < 100 else third
        try:
            return datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            return None


def _of_rows(table: TextTable, reader: Reader) -> tuple[list[Seen], int]:
    plain = [plain_name(name) for name in table.header]
    rows: list[Row] = []
    for batch in table:
        usable = batch.filter(pl.col("reason").is_null()).select(table.header)
        rows += [dict(zip(plain, (value or "" for value in row), strict=True)) for row in usable.iter_rows()]
    order = DateOrder.of([row.get("date", "") for row in rows])
    found = [reader(row, order) for row in rows]
    return [each for each in found if each is not None], sum(each is None for each in found)


def _letterboxd(row: Row, order: DateOrder) -> Seen | None:
    at = order.read(row.get("watcheddate") or row.get("date", ""))
    return _seen(row["name"], row.get("year"), row.get("rating"), 1.0, at)


def _imdb(row: Row, order: DateOrder) -> Seen | None:
    kind = plain_name(row.get("titletype", "movie"))
    if "movie" not in kind and kind not in ("short", "video", "tvspecial"):
        return None
    return _seen(row["title"], row.get("year"), row.get("yourrating"), 0.5, order.read(row.get("daterated", "")))


def _trakt_row(row: Row, order: DateOrder) -> Seen | None:
    if row.get("type", "movie") != "movie":
        return None
    at = order.read(row.get("ratedat") or row.get("watchedat", ""))
    return _seen(row["title"], row.get("year"), row.get("rating"), 0.5, at)


def _netflix(row: Row, order: DateOrder) -> Seen | None:
    title = row["title"]
    if _EPISODE.search(title):
        return None
    return _seen(title, None, None, 1.0, order.read(row.get("date", "")))


_SERVICES: Sequence[tuple[str, frozenset[str], Reader]] = (
    ("Letterboxd", frozenset({"name", "year", "letterboxduri"}), _letterboxd),
    ("IMDb", frozenset({"const", "yourrating", "title"}), _imdb),
    ("Trakt", frozenset({"ratedat", "title", "year", "rating"}), _trakt_row),
    ("Trakt", frozenset({"watchedat", "title", "year"}), _trakt_row),
    ("Netflix", frozenset({"title", "date"}), _netflix),
)
"""Each service with the columns by which its export is known, those that say most first."""


def _trakt(path: Path) -> ExportedHistory:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        found = list(_of_trakt(entries))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _unknown(path) from error
    return ExportedHistory("Trakt", [each for each in found if each is not None], sum(each is None for each in found))


def _of_trakt(entries: Sequence[Mapping[str, object]]) -> Iterator[Seen | None]:
    order = DateOrder(is_day_first=False)
    for entry in entries:
        movie = entry.get("movie")
        if not isinstance(movie, dict):
            yield None
            continue
        at = order.read(str(entry.get("rated_at") or entry.get("watched_at") or entry.get("last_watched_at") or ""))
        # JSON can hold half a character (a lone surrogate), which no answer can.
        title = str(movie["title"]).encode(errors="replace").decode()
        yield _seen(title, str(movie.get("year") or ""), str(entry.get("rating") or ""), 0.5, at)


def _seen(title: str, year: str | None, rating: str | None, stars_of_one: float, at: datetime | None) -> Seen | None:
    if not title.strip():
        return None
    number = _number(rating)
    stars = round(min(max(number * stars_of_one, 0.5), 5.0) * 2) / 2 if number else LIKED
    return Seen(title.strip(), int(_number(year) or 0) or None, stars, at, is_rated=bool(number))


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _unknown(path: Path) -> BadData:
    return BadData(
        f"{path} is no history that is known here.",
        "Give ratings.csv, diary.csv or watched.csv of Letterboxd, the ratings of IMDb, ratings or history of Trakt"
        " (JSON or CSV), or NetflixViewingHistory.csv.",
    )
