"""What the columns of a file mean: common names are understood, others are named by `MATINEE_COLUMNS`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matinee.errors import BadData, UsageError

_TYPE_OF_RECBOLE = re.compile(r":(token|float|token_seq|float_seq)$")
_BETWEEN_WORDS = re.compile(r"[\s_.\-]+")

_MOVIE_ID = (
    *("movieid", "itemid", "filmid", "movie", "item", "film", "mid", "iid", "productid", "contentid", "videoid"),
    *("asin", "parentasin", "tconst", "영화id", "영화"),
)
RATING_NAMES: Mapping[str, Sequence[str]] = {
    "user_id": (
        *("userid", "user", "uid", "customerid", "memberid", "accountid", "profileid", "reviewerid", "username"),
        *("사용자id", "사용자", "회원id", "회원"),
    ),
    "movie_id": _MOVIE_ID,
    "rating": ("rating", "ratings", "score", "stars", "star", "userrating", "overall", "grade", "평점", "별점"),
    "value": ("value", "count", "plays", "playcount", "watchcount", "timeswatched", "progress", "재생수"),
    "event": ("event", "eventtype", "eventname", "이벤트"),
    "rated_at": (
        *("ratedat", "timestamp", "time", "datetime", "date", "ts", "unixtime", "unixreviewtime", "ratedon"),
        *("ratingtime", "ratingdate", "daterated", "createdat", "watchedat", "reviewtime", "시간", "일시", "날짜"),
    ),
}
MOVIE_NAMES: Mapping[str, Sequence[str]] = {
    "movie_id": (*_MOVIE_ID, "id"),
    "title": ("title", "movietitle", "name", "originaltitle", "primarytitle", "제목", "영화제목", "영화명"),
    "genres": ("genres", "genre", "class", "category", "categories", "장르"),
    "aliases": ("aliases", "alias", "alternativetitles"),
    "status": ("status", "상태"),
    "year": ("year", "releaseyear", "startyear", "연도", "개봉연도"),
}


@dataclass(frozen=True)
class Vocabulary:
    """Our names of columns, each with the names that mean the same, the likelier ones first.

    `given` are names that somebody has said: ours, and the file's. They go before all others.
    """

    names: Mapping[str, Sequence[str]]
    required: frozenset[str]
    given: Mapping[str, str] = field(default_factory=dict)

    def understood(self, header: Sequence[str]) -> tuple[str | None, ...]:
        """Our name for each column of a file; None for those that nobody asks for.

        Each of ours has one column at most: of several that could be meant, the likeliest, and of these the first.
        """
        found: list[str | None] = [None] * len(header)
        for ours, theirs in self.given.items():
            _take(found, ours, [place for place, name in enumerate(header) if name.strip() == theirs])
        plain = [plain_name(name) for name in header]
        for ours, likely in self.names.items():
            if ours not in found:
                _take(found, ours, [place for name in likely for place, theirs in enumerate(plain) if theirs == name])
        return tuple(found)

    def require(self, header: Sequence[str], path: Path, has: Sequence[str]) -> None:
        """Refuse a file that `has` not all of our columns that are needed.

        Raises:
            BadData: names what was found, what is missing, and how to say which column is meant.
        """
        missing = sorted(self.required - set(has))
        if not missing:
            return
        shown = ", ".join(name.strip()[:40] for name in header[:20]) or "(none)"
        more = f" and {len(header) - 20} more" if len(header) > 20 else ""
        raise BadData(
            f"{path} has the columns {shown}{more}; none is understood as {', '.join(missing)}.",
            f"Say which it is: MATINEE_COLUMNS={missing[0]}=NAME, or matinee import --map {missing[0]}=NAME.",
        )


def ratings_vocabulary(given: Mapping[str, str] | None = None) -> Vocabulary:
    """What is understood in a file of ratings or other events."""
    return _vocabulary(RATING_NAMES, frozenset({"user_id", "movie_id", "rated_at"}), given or {})


def movies_vocabulary(given: Mapping[str, str] | None = None) -> Vocabulary:
    """What is understood in a file of movies."""
    return _vocabulary(MOVIE_NAMES, frozenset({"movie_id", "title"}), given or {})


def parse_columns(text: str) -> dict[str, str]:
    """Our names of columns and the file's, from `user_id=Who,rated_at=When`.

    Raises:
        UsageError: it has another form, or a name that is not ours.
    """
    given: dict[str, str] = {}
    for each in filter(None, (part.strip() for part in text.split(","))):
        ours, equals, theirs = (part.strip() for part in each.partition("="))
        if not (equals and theirs) or ours not in {*RATING_NAMES, *MOVIE_NAMES}:
            raise UsageError(
                f"{each!r} does not say which column is meant.",
                f"Write OURS=THEIRS; ours are {', '.join(sorted({*RATING_NAMES, *MOVIE_NAMES}))}.",
            )
        given[ours] = theirs
    return given


def plain_name(name: str) -> str:
    """A column's name without what people write in different ways: `User ID`, `user_id`, `user_id:token`."""
    return _BETWEEN_WORDS.sub("", _TYPE_OF_RECBOLE.sub("", name.strip())).casefold()


def _take(found: list[str | None], ours: str, places: Sequence[int]) -> None:
    """Note our name at the first of these places that is free."""
    free = next((place for place in places if found[place] is None), None)
    if free is not None:
        found[free] = ours


def _vocabulary(names: Mapping[str, Sequence[str]], required: frozenset[str], given: Mapping[str, str]) -> Vocabulary:
    return Vocabulary(names, required, {ours: theirs for ours, theirs in given.items() if ours in names})
