"""Lists that are read page by page: a cursor pins the model and what the user had said when the first page was made.

A cursor holds no list: each page is ranked again, as of then, and what comes before it is compared with what was
answered. So nothing repeats and nothing is skipped, whichever worker or replica answers, after a swap and after a
restart too; where that cannot be kept (the version is gone, or the user took something back), the page is refused.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matinee import clock
from matinee.errors import Expired, NotFound, UsageError
from matinee.ranking import Ranking
from matinee.serving.model.served import ServedModel
from matinee.serving.services import Services

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AGAIN = "Begin again with the first page: an empty `cursor`."

Microseconds = Annotated[int, Field(ge=0, lt=2**52)]


@dataclass(frozen=True, slots=True)
class AsOf:
    """As of when a list is made."""

    hour: float | None
    """See `UserRef.now`."""
    said_until: datetime | None
    """What was received later does not count; None for all."""
    shown_until: datetime
    """What was shown later does not count."""


Place = tuple[int, int]
"""Where on a list a page is: its first place, and the first one behind it."""

Make = Callable[[ServedModel, AsOf, int, Place], Awaitable[tuple[Ranking, datetime]]]
"""Makes a list: with a model, as of a moment, so long, with reasons for what is on a page; and tells when the newest of
what was said had been received."""

DEPTH = 1_000
"""Movies that are ranked for any page, and ten times as many for one that reaches further: where much is tied, a longer
list need not begin with the shorter one."""


class Cursor(BaseModel):
    """Where a page begins, and of which list; short names, because it goes along in addresses."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    v: str | None
    """Version of the model."""
    h: Annotated[float, Field(allow_inf_nan=False)] | None
    """`AsOf.hour`."""
    s: Microseconds
    """`AsOf.said_until`."""
    t: Microseconds
    """`AsOf.shown_until`."""
    n: Annotated[int, Field(ge=0, lt=2**31)]
    """Movies on the pages before."""
    q: str
    """Digest of what was asked for."""
    d: str
    """Digest of the movies on the pages before."""

    @property
    def as_of(self) -> AsOf:
        """As of when the list was made."""
        return AsOf(self.h, _time(self.s), _time(self.t))

    def encoded(self) -> str:
        """As text for an address."""
        return urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> "Cursor":
        """What `encoded` made.

        Raises:
            UsageError: it did not.
        """
        try:
            return cls.model_validate_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValidationError, ValueError) as error:
            raise UsageError(
                "This cursor is not valid.", "Send `next_cursor` of the page before, unchanged."
            ) from error


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list."""

    served: ServedModel
    ranking: Ranking
    """Of this page only."""
    next_cursor: str | None
    """None where nothing can come any more."""


async def page(server: Services, asked: object, k: int, text: str, make: Make) -> Page:
    """A page of a list.

    Args:
        server: the parts of this worker.
        asked: whose list, and which; its `repr` tells lists apart.
        k: length of the page.
        text: `next_cursor` of the page before; empty for the first page.
        make: makes the list.

    Raises:
        UsageError: the cursor is none, or is of another list.
        Expired: the list cannot be made as it was.
    """
    if not text:
        return await _first(server, _digest([repr(asked)]), k, make)
    cursor = Cursor.decoded(text)
    if cursor.q != _digest([repr(asked)]):
        raise UsageError(
            "This cursor is of another list.", "Send what was sent for the page before; only `k` may differ."
        )
    served = await _pinned(server, cursor.v)
    place = cursor.n, cursor.n + k
    ranking, _ = await make(served, cursor.as_of, _depth(place), place)
    if _of_movies(served, ranking, cursor.n) != cursor.d:
        raise Expired("This list is not what it was any more.", _AGAIN)
    return _page(served, ranking, cursor, k)


async def _first(server: Services, asked: str, k: int, make: Make) -> Page:
    served, now = await server.live.served(), clock.now()
    hour = await server.clock.hour()
    ranking, newest = await make(served, AsOf(hour, None, now), _depth((0, k)), (0, k))
    pinned = Cursor(v=served.version, h=hour, s=_microseconds(newest), t=_microseconds(now), n=0, q=asked, d="")
    return _page(served, ranking, pinned, k)


async def _pinned(server: Services, version: str | None) -> ServedModel:
    served = await server.live.served()
    if version == served.version:
        return served
    if version is None:
        raise Expired("This list was made before there was a model.", _AGAIN)
    try:
        return await server.live.changed(await server.on_demand.model(version))
    except NotFound as error:
        raise Expired(error.message, _AGAIN) from error


def _depth(place: Place) -> int:
    """How long a list is made for a page; more than there are movies does no harm."""
    depth = DEPTH
    while depth <= place[1]:  # one more than on the page tells whether there is another page
        depth *= 10
    return depth


def _page(served: ServedModel, ranking: Ranking, cursor: Cursor, k: int) -> Page:
    start, end = cursor.n, min(cursor.n + k, len(ranking.items))
    reasons = None if ranking.reasons is None else ranking.reasons[start:end]
    shown = replace(ranking, items=ranking.items[start:end], scores=ranking.scores[start:end], reasons=reasons)
    if end == len(ranking.items):
        return Page(served, shown, None)
    following = cursor.model_copy(update={"n": end, "d": _of_movies(served, ranking, end)})
    return Page(served, shown, following.encoded())


def _of_movies(served: ServedModel, ranking: Ranking, n: int) -> str:
    """Digest of the first `n` movies of a list, and of whose model it is."""
    return _digest([str(served.run_id), *(served.catalogue.movie_id(row) for row in ranking.items[:n].tolist())])


def _digest(texts: Iterable[str]) -> str:
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=9).hexdigest()


def _microseconds(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
