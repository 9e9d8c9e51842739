"""The forms in which ratings and movies come: MovieLens's three, RecBole's of ml-100k, and files of one's own."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from matinee.catalogue import MOVIES, canonical, completed
from matinee.errors import UsageError
from matinee.ratings.importing import schema
from matinee.ratings.importing.schema import QuarantineReason
from matinee.ratings.importing.tables import Table, TextTable, open_table, require_columns

RATING_COLUMNS = tuple(schema.RATINGS)
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


@dataclass(frozen=True)
class InputFiles:
    """Where ratings and movies are read from, and how."""

    form: str
    ratings: Table
    movies: MovieTable | None
    scale: schema.Scale = schema.MOVIELENS_SCALE

    @property
    def paths(self) -> list[Path]:
        """The files that are read."""
        return [self.ratings.path] + ([self.movies.table.path] if self.movies else [])


def find(path: Path, movies: Path | None = None) -> InputFiles:
    """How to read a folder in MovieLens form, or a file of ratings; `movies` goes before the folder's own.

    Raises:
        UsageError: the folder has no ratings in a known form, or the movies file is missing.
        BadData: the columns are not the expected ones.
    """
    if movies is not None and not movies.exists():
        raise UsageError(f"There is no movies file {movies}.", "Correct MATINEE_MOVIES or unset it.")
    files = _folder(path) if path.is_dir() else InputFiles("file", open_table(path), None, schema.OWN_SCALE)
    require_columns(files.ratings, set(RATING_COLUMNS))
    return files if movies is None else replace(files, movies=_movies_with_header(movies))


def read_movies(files: InputFiles, ratings: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Movies (`catalogue.MOVIES`) by id, each rated one among them, and the rows that could not be used."""
    if files.movies is None:
        known, refused = MOVIES.to_frame(), schema.QUARANTINE.to_frame()
    else:
        known, refused = _checked(files.movies)
    return completed(known, ratings["movie_id"]), refused


def _checked(movies: MovieTable) -> tuple[pl.DataFrame, pl.DataFrame]:
    raw = pl.concat(movies.table).with_columns(
        pl.col("movie_id").str.strip_chars(), title=movies.title, genres=movies.genres, aliases=movies.aliases
    )
    empty = pl.col("movie_id").is_null() | (pl.col("movie_id") == "")
    named = raw.with_columns(reason=pl.coalesce("reason", pl.when(empty).then(pl.lit(QuarantineReason.EMPTY_ID))))
    again = ~pl.struct("movie_id", pl.col("reason").is_null()).is_first_distinct()
    checked = named.with_columns(reason=pl.coalesce("reason", pl.when(again).then(pl.lit(QuarantineReason.DUPLICATE))))
    refused = checked.filter(pl.col("reason").is_not_null())
    return (
        canonical(checked.filter(pl.col("reason").is_null())),
        refused.select(pl.lit(movies.table.path.name).alias("file"), "row", "line", "reason"),
    )


def _folder(folder: Path) -> InputFiles:
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
        known = _movies_with_header(movies) if movies.exists() else None
        return InputFiles("ratings.csv", TextTable(folder / "ratings.csv"), known)
    raise UsageError(
        f"{folder} has no u.data, ratings.dat or ratings.csv.", "Set MATINEE_DATA to a folder in MovieLens form."
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


def _movies_with_header(path: Path) -> MovieTable:
    table = open_table(path)
    require_columns(table, {"movie_id", "title"}, frozenset({"genres", "aliases"}))
    return MovieTable(table, genres=_split(table, "genres"), aliases=_split(table, "aliases"))


def _split(table: Table, column: str) -> pl.Expr:
    """What a column lists with `|` between; nothing where the file has no such column."""
    if column not in table.columns:
        return pl.lit([], pl.List(pl.String))
    return pl.col(column).str.split("|")


def _flagged(genres: tuple[str, ...]) -> pl.Expr:
    return pl.concat_list(pl.when(pl.col(name) == "1").then(pl.lit(name)) for name in genres).list.drop_nulls()
