"""Query strings that were asked before: what they mean stays the same, and finding out costs as much as an answer."""

from typing import NamedTuple

from matinee.ranking import ListRequest

KEPT = 1_000
"""Query strings that a worker remembers; people use few."""

LONGEST = 1_000
"""Bytes of a query string that is remembered; longer ones say what nobody asked."""


class AskedList(NamedTuple):
    """What a query string asks for."""

    wanted: ListRequest
    cursor: str | None = None
    not_shown_days: int | None = None


class QueryStrings:
    """What query strings ask for, whoever asks: a request without a user, nor the candidates of any one model."""

    def __init__(self) -> None:
        self._known: dict[bytes, AskedList] = {}

    def find(self, query_string: bytes) -> AskedList | None:
        """What a query string means, if that is known."""
        return self._known.get(query_string)

    def remember(self, query_string: bytes, asked: AskedList) -> None:
        """Remember a query string that was valid; not one of a further page, which hardly anybody else asks for."""
        if len(self._known) < KEPT and len(query_string) <= LONGEST and not asked.cursor:
            self._known[query_string] = asked
