"""Finds the movie that somebody means by its title and year, as other services write them."""

import re
import unicodedata
from collections import defaultdict

import polars as pl

_ARTICLES = ("the", "a", "an", "le", "la", "les", "l'", "il", "lo", "i", "der", "die", "das", "el", "los", "las")
_LATER_ARTICLE = re.compile(rf"^(?P<title>.*), (?P<article>{'|'.join(_ARTICLES)})$", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\s*\(([^()]+)\)\s*$")
_NEIGHBOURS = (0, -1, 1)
"""Years by which services differ about a movie: the festival's and the cinemas'."""


class TitleIndex:
    """The movies of a catalogue by their titles; names in brackets after a title are names of the movie too."""

    def __init__(self, movies: pl.DataFrame) -> None:
        """Take `movie_id, title, year` of `catalogue.MOVIES`."""
        self._found: dict[str, dict[int | None, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._short: dict[tuple[str, int | None], set[str]] = defaultdict(set)
        for movie_id, title, year in movies.select("movie_id", "title", "year").iter_rows():
            for name in names_of(title):
                self._found[plain_title(name)][year].add(movie_id)
                self._short[_without_subtitle(name), year].add(movie_id)

    def find(self, title: str, year: int | None) -> str | None:
        """Id of the one movie that can be meant; None for none and for several.

        A subtitle may be missing on either side, if the year is the same: `Star Wars: Episode IV - A New Hope`.
        """
        for name in names_of(title):
            by_year = self._found.get(plain_title(name))
            if by_year and (movie_id := _one(by_year, year)):
                return movie_id
        short = self._short.get((_without_subtitle(title), year), set()) if year else set()
        return next(iter(short)) if len(short) == 1 else None


def names_of(title: str) -> list[str]:
    """A title as it is, without what follows in brackets, and each name in brackets: `Godfather, The (대부)`."""
    names, rest = [title], title
    while match := _IN_BRACKETS.search(rest):
        rest = rest[: match.start()]
        names += [rest, match[1].removeprefix("a.k.a. ")]
    return [name for name in names if name.strip()]


def plain_title(title: str) -> str:
    """A title without what is written in different ways: articles, accents, punctuation, upper case."""
    moved = _LATER_ARTICLE.sub(r"\g<article> \g<title>", title.strip())
    letters = unicodedata.normalize("NFKD", moved.casefold().replace("&", " and "))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = re.sub(r"[^\w]+", " ", unicodedata.normalize("NFC", kept)).split()
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return " ".join(words)


def _without_subtitle(title: str) -> str:
    return plain_title(title.partition(":")[0])


def _one(by_year: dict[int | None, set[str]], year: int | None) -> str | None:
    if year is None:
        every = set().union(*by_year.values())
        return next(iter(every)) if len(every) == 1 else None
    for away in _NEIGHBOURS:
        found = by_year.get(year + away, set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            return None
    without = by_year.get(None, set())
    return next(iter(without)) if len(without) == 1 else None
