"""The movies table: one row a movie, by external id, with its title, year and genres."""

import polars as pl

MOVIES = pl.Schema({"movie_id": pl.String(), "title": pl.String(), "year": pl.Int32(), "genres": pl.List(pl.String())})

_NO_GENRE = ["(no genres listed)", "unknown", ""]
_TITLE_AND_YEAR = r"^(.*?)\s*\((\d{4})(?:[-–]\d{0,4})?\)(?:\s*\((?:V|TV)\))?$"


def canonical(raw: pl.DataFrame) -> pl.DataFrame:
    """Movies (`MOVIES`) from strings `movie_id, title` and lists of strings `genres` and, perhaps, `aliases`.

    `Heat (1995)` becomes title `Heat` and year 1995; so do `Heat (1995) (V)` and `Heat (1995-1997)`. Aliases follow a
    title in brackets, as MovieLens writes original titles: `Godfather, The (대부)`. Line breaks in a title are spaces.
    A movie has each genre once, and a genre that is written in several ways is written in the most frequent one.
    """
    title = pl.col("title").str.strip_chars().str.normalize("NFC").str.replace_all(r"\s+", " ")
    name = pl.coalesce(title.str.extract(_TITLE_AND_YEAR, 1).replace("", None), title.replace("", None), "movie_id")
    return (
        raw.with_columns(_genres(raw["genres"]))
        .select(
            "movie_id",
            pl.concat_str(name, _aliases() if "aliases" in raw.columns else pl.lit("")).alias("title"),
            title.str.extract(_TITLE_AND_YEAR, 2).cast(pl.Int32).alias("year"),
            "genres",
        )
        .cast(MOVIES)
    )


def _genres(lists: pl.Series) -> pl.Series:
    """Each movie's genres, in one spelling each."""
    rows = pl.DataFrame({"genre": lists}).with_row_index("movie").explode("genre")
    genres = rows.with_columns(pl.col("genre").str.strip_chars().str.normalize("NFC")).filter(
        ~pl.col("genre").is_in(_NO_GENRE)
    )
    spellings = genres.group_by(pl.col("genre").str.to_lowercase().alias("key"), "genre").len()
    usual = spellings.sort("len", "genre", descending=[True, True]).unique("key", keep="first", maintain_order=True)
    named = genres.select("movie", key=pl.col("genre").str.to_lowercase()).join(
        usual.select("key", "genre"), on="key", maintain_order="left"
    )
    once = named.unique(["movie", "key"], keep="first", maintain_order=True)
    of_movie = once.group_by("movie", maintain_order=True).agg("genre")
    everyone = pl.DataFrame({"movie": pl.int_range(len(lists), dtype=pl.UInt32, eager=True)})
    found = everyone.join(of_movie, on="movie", how="left", maintain_order="left")["genre"]
    return found.fill_null(pl.Series([[]], dtype=pl.List(pl.String))).alias("genres")


def _aliases() -> pl.Expr:
    alias = pl.element().str.strip_chars().str.normalize("NFC")
    listed = pl.col("aliases").list.eval(pl.format(" ({})", alias.filter(alias != "")))
    return listed.list.join("").fill_null("")


def completed(movies: pl.DataFrame, movie_ids: pl.Series) -> pl.DataFrame:
    """Movies (`MOVIES`) by id, with a row for each of `movie_ids`; an unknown one has its id as title."""
    untitled = pl.DataFrame({"movie_id": movie_ids.unique()}).join(movies, on="movie_id", how="anti")
    rows = untitled.with_columns(title="movie_id", year=pl.lit(None, pl.Int32), genres=pl.lit([], pl.List(pl.String)))
    return pl.concat([movies, rows]).sort("movie_id")
