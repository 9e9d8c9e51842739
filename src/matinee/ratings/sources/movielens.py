"""The forms in which ratings and movies come: MovieLens's three, RecBole's of ml-100k, and files of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, get_args

import polars as pl

from matinee.catalogue import MOVIES, canonical, completed
from matinee.catalogue.changes import MovieStatus
from matinee.errors import BadData, NoEvent, UsageError
from matinee.ratings.importing import schema
from matinee.ratings.importing.columns import MOVIE_NAMES, movies_vocabulary, plain_name, ratings_vocabulary
from matinee.ratings.importing.opening import Table, open_table, open_tables
from matinee.ratings.importing.parts import paths_of
from matinee.ratings.importing.schema import QuarantineReason
from matinee.ratings.importing.tables import TextTable
from matinee.ratings.scale import ANY_POSITIVE, FIVE_STARS, Scale

RATING_COLUMNS = ("user_id", "movie_id", "rating", "rated_at")
GENRES_OF_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
"""Genres in the order of the flags in `u.item`."""


@dataclass(frozen=True)
class MovieTable:
    """A file of movies, and how its columns become a title with year, and a list of genres."""

    table: Table
    title: pl.Expr = field(default_factory=lambda: pl.col("title"))
    genres: pl.Expr = field(default_factory=lambda: pl.col("genres").str.split("|"))
    aliases: pl.Expr = field(default_factory=lambda: pl.lit([], pl.List(pl.String)))
    """Names in other languages."""
    status: pl.Expr = field(default_factory=lambda: pl.lit("", pl.String))
    """A `MovieStatus`, perhaps; empty for `listed`."""


class MoviesRead(NamedTuple):
    """What a file of movies says."""

    movies: pl.DataFrame
    """`catalogue.MOVIES`, by id, each rated movie among them."""
    n_rows: int
    """Rows of the file."""
    refused: pl.DataFrame
    """Its unusable rows (`schema.QUARANTINE`)."""
    statuses: pl.DataFrame
    """`movie_id, status` of movies that are hidden or retired."""


@dataclass(frozen=True)
class InputFiles:
    """Where ratings and movies are read from, and how."""

    form: str
    ratings: Table
    movies: MovieTable | None
    event: str = ""
    """What a row is that does not say so itself; empty for a rating, where there are ratings."""

    scale: Scale = FIVE_STARS

    @property
    def paths(self) -> list[Path]:
        """The files that are read."""
        return [*paths_of(self.ratings), *(paths_of(self.movies.table) if self.movies else [])]


def find(path: Path, movies: Path | None = None, columns: Mapping[str, str] | None = None) -> InputFiles:
    """How to read a folder in a known form, or a file of ratings; `movies` goes before the folder's own.

    Args:
        path: a file, a folder in MovieLens's or RecBole's form, or a folder of part files.
        movies: a file of movies.
        columns: our names of columns, and the files', where common names do not tell.

    Raises:
        UsageError: the folder has no ratings in a known form, or the movies file is missing.
        BadData: a file cannot be read, or its columns are not the expected ones.
    """
    if movies is not None and not movies.exists():
        raise UsageError(f"There is no movies file {movies}.", "Correct MATINEE_MOVIES or unset it.")
    known = _folder(path, columns) if path.is_dir() else None
    files = known or InputFiles("file", _ratings_with_header([path], columns), None, scale=ANY_POSITIVE)
    return files if movies is None else replace(files, movies=_movies_with_header(movies, columns))


def find_several(paths: list[Path], movies: Path | None, columns: Mapping[str, str] | None = None) -> InputFiles:
    """How to read several files of ratings as one."""
    first = find(paths[0], movies, columns)
    return replace(first, ratings=_ratings_with_header(paths, columns), scale=ANY_POSITIVE)


def read_movies(files: InputFiles, ratings: pl.DataFrame) -> MoviesRead:
    """What the file of movies says, if there is one."""
    if files.movies is None:
        none = pl.DataFrame(schema={"movie_id": pl.String(), "status": pl.String()})
        return MoviesRead(completed(MOVIES.to_frame(), ratings["movie_id"]), 0, schema.QUARANTINE.to_frame(), none)
    usable, refused = _checked(files.movies)
    statuses = usable.select("movie_id", "status").filter(pl.col("status").is_in(["hidden", "retired"]))
    movies = completed(canonical(usable), ratings["movie_id"])
    return MoviesRead(movies, usable.height + refused.height, refused, statuses)


def _checked(movies: MovieTable) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Usable rows, and those for the quarantine."""
    raw = pl.concat(movies.table).with_columns(
        schema.canonical_ids(pl.col("movie_id")),
        title=movies.title,
        genres=movies.genres,
        aliases=movies.aliases,
        status=movies.status.str.strip_chars().str.to_lowercase().fill_null(""),
    )
    named = raw.with_columns(
        reason=pl.coalesce("reason", schema.wrong_id(pl.col("movie_id")), _unknown_status(raw["status"]))
    )
    again = ~pl.struct("movie_id", pl.col("reason").is_null()).is_first_distinct()
    checked = named.with_columns(reason=pl.coalesce("reason", pl.when(again).then(pl.lit(QuarantineReason.DUPLICATE))))
    refused = checked.filter(pl.col("reason").is_not_null())
    return (
        checked.filter(pl.col("reason").is_null()),
        refused.select(pl.lit(movies.table.path.name).alias("file"), "row", "line", "reason"),
    )


def _unknown_status(statuses: pl.Series) -> pl.Expr:
    """The reason for rows of another status; none in a column that has no word of ours, such as TMDB's `Released`."""
    ours = list(get_args(MovieStatus))
    unknown = ~pl.col("status").is_in([*ours, ""]) & pl.lit(bool(statuses.is_in(ours).any()))
    return pl.when(unknown).then(pl.lit(QuarantineReason.UNKNOWN_STATUS))


def _folder(folder: Path, columns: Mapping[str, str] | None) -> InputFiles:
    if (folder / "u.data").exists():
        return InputFiles("u.data", _headless(folder / "u.data", "\t", RATING_COLUMNS), _u_item(folder / "u.item"))
    if (folder / "ml-100k.inter").exists():
        ratings = TextTable(folder / "ml-100k.inter", "\t", given_columns=RATING_COLUMNS)
        return InputFiles("u.data", ratings, _recbole_item(folder / "ml-100k.item"))
    if (folder / "ratings.dat").exists():
        ratings = _headless(folder / "ratings.dat", "::", RATING_COLUMNS)
        return InputFiles("ratings.dat", ratings, _movies_dat(folder / "movies.dat"))
    if (folder / "ratings.csv").exists():
        movies = folder / "movies.csv"
        known = _movies_with_header(movies, columns) if movies.exists() else None
        return InputFiles("ratings.csv", _ratings_with_header([folder / "ratings.csv"], columns), known)
    return _atomic(folder, columns) or _parts(folder, columns)


def _atomic(folder: Path, columns: Mapping[str, str] | None) -> InputFiles | None:
    """RecBole's atomic files: one `.inter`, and perhaps an `.item` of the same name."""
    found = sorted(folder.glob("*.inter"))
    if len(found) != 1:
        return None
    items = found[0].with_suffix(".item")
    movies = _movies_with_header(items, columns) if items.exists() else None
    return InputFiles("file", _ratings_with_header(found, columns), movies, scale=ANY_POSITIVE)


def _parts(folder: Path, columns: Mapping[str, str] | None) -> InputFiles:
    try:
        return InputFiles("file", _ratings_with_header([folder], columns), None, scale=ANY_POSITIVE)
    except (UsageError, BadData) as error:
        raise UsageError(
            f"{folder} has no u.data, ratings.dat or ratings.csv, nor part files of ratings: {error.message}",
            "Set MATINEE_DATA to a folder in MovieLens form, to a folder of part files, or to a file.",
        ) from error


def _ratings_with_header(paths: list[Path], columns: Mapping[str, str] | None) -> Table:
    vocabulary = ratings_vocabulary(columns)
    table = open_tables(paths, vocabulary) if len(paths) > 1 else open_table(paths[0], vocabulary)
    vocabulary.require(table.header, table.path, has=table.columns)
    return table


def require_event(table: Table, event: str) -> str:
    """What a row of a table is that does not say so itself: `event`, or a rating where there are ratings.

    Raises:
        BadData: nobody has said so, and there is no column of ratings or events.
    """
    if event:
        return event
    if "rating" in table.columns or "event" in table.columns:
        return "rating"
    shown = ", ".join(name[:40] for name in table.header[:20])
    raise NoEvent(
        f"{table.path} has the columns {shown}; none is understood as rating or event.",
        "Say what a row is: MATINEE_EVENT=watch (or like, purchase, …), or MATINEE_COLUMNS=rating=NAME.",
    )


def _headless(path: Path, separator: str, columns: tuple[str, ...], encoding: str = "utf-8") -> TextTable:
    return TextTable(path, separator, encoding, columns, has_header=False)


def _u_item(path: Path) -> MovieTable | None:
    if not path.exists():
        return None
    columns = ("movie_id", "title", "released", "video_released", "url", *GENRES_OF_100K)
    return MovieTable(_headless(path, "|", columns, "latin-1"), genres=_flagged(GENRES_OF_100K))


def _recbole_item(path: Path) -> MovieTable:
    """RecBole split `Heat (1995)` at the last parenthesis and misspelt the one title `unknown`."""
    table = TextTable(path, "\t", given_columns=("movie_id", "name", "year", "classes"))
    title = pl.when(pl.col("name") == "unkonwn").then(pl.lit("unknown")).otherwise(pl.format("{} ({})", "name", "year"))
    return MovieTable(table, title, pl.col("classes").str.split(" "))


def _movies_dat(path: Path) -> MovieTable | None:
    """ml-1m is in Latin-1 and ml-10m in UTF-8; text that is valid UTF-8 is hardly ever meant as Latin-1."""
    if not path.exists():
        return None
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return MovieTable(_headless(path, "::", ("movie_id", "title", "genres"), "latin-1"))
    return MovieTable(_headless(path, "::", ("movie_id", "title", "genres")))


def _movies_with_header(path: Path, columns: Mapping[str, str] | None) -> MovieTable:
    vocabulary = movies_vocabulary(columns)
    table = open_table(path, vocabulary)
    vocabulary.require(table.header, table.path, has=table.columns)
    title = pl.col("title")
    if "year" in table.columns:
        year = pl.col("year").str.strip_chars().str.extract(r"^(\d{4})(?:\.0)?$")
        title = (
            pl.when(year.is_null() | title.str.contains(r"\(\d{4}\)\s*$"))
            .then(title)
            .otherwise(pl.format("{} ({})", title, year))
        )
    status = pl.col("status") if "status" in table.columns else pl.lit("")
    return MovieTable(table, title, _split(table, "genres"), _split(table, "aliases"), status)


def _split(table: Table, column: str) -> pl.Expr:
    """What a column lists with `|` between, or RecBole's spaces; nothing where the file has no such column."""
    if column not in table.columns:
        return pl.lit([], pl.List(pl.String))
    has_spaces = any(name.endswith(":token_seq") and plain_name(name) in MOVIE_NAMES[column] for name in table.header)
    return pl.col(column).str.split(" " if has_spaces else "|")


def _flagged(genres: tuple[str, ...]) -> pl.Expr:
    return pl.concat_list(pl.when(pl.col(name) == "1").then(pl.lit(name)) for name in genres).list.drop_nulls()
