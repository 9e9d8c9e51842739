"""Query strings that were asked before: what they mean stays the same, and finding out costs as much as an answer."""

from matinee.ranking import ListRequest

KEPT = 1_000
"""Query strings that a worker remembers; people use few."""

LONGEST = 1_000
"""Bytes of a query string that is remembered; longer ones say what nobody asked."""


class QueryStrings:
    """What query strings ask for, whoever asks: a request without a user, nor the candidates of any one model."""

    def __init__(self) -> None:
        self._known: dict[bytes, ListRequest] = {}

    def find(self, query_string: bytes) -> ListRequest | None:
        """What a query string means, if that is known."""
        return self._known.get(query_string)

    def remember(self, query_string: bytes, wanted: ListRequest) -> None:
        """Remember a query string that was valid."""
        if len(self._known) < KEPT and len(query_string) <= LONGEST:
            self._known[query_string] = wanted
