"""Query strings that were asked before: what they mean stays the same, and finding out costs as much as an answer."""

from typing import NamedTuple

from matinee.serving.model.catalogue import Filters

KEPT = 1_000
"""Query strings that a worker remembers; people use few."""

LONGEST = 200
"""Bytes of a query string that is remembered; longer ones say what nobody asked."""


class Question(NamedTuple):
    """What a list of recommendations is asked for, whoever asks."""

    filters: Filters
    k: int
    exclude_seen: bool
    reasons: bool


class Questions:
    """The questions of one worker, by query string."""

    def __init__(self) -> None:
        self._known: dict[bytes, Question] = {}

    def find(self, query_string: bytes) -> Question | None:
        """What a query string means, if that is known."""
        return self._known.get(query_string)

    def remember(self, query_string: bytes, question: Question) -> None:
        """Remember a query string that was valid."""
        if len(self._known) < KEPT and len(query_string) <= LONGEST:
            self._known[query_string] = question
