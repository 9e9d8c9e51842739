"""Answers to list requests, kept as bytes for as long as nothing that they are made of has changed."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinee.ranking import Policy
from matinee.ratings.feedback.store import UserFeedback
from matinee.serving.answering.exploring import NOTHING, Explored
from matinee.serving.model.served import ServedModel

KEPT = 20_000
"""Answers that a worker keeps, each of a few kilobytes; the one that was not asked for longest goes first."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """An answer, what was said by whom it is for, and what there is to note of it each time it is sent."""

    said: UserFeedback
    policy: Policy
    items: NDArray[np.int64]
    """Matrix rows of the movies in the list."""
    movie_ids: tuple[str, ...]
    before_id: bytes
    """The answer up to the id of the request, which is another one each time."""
    after_id: bytes
    explored: Explored = NOTHING

    def body(self, request_id: str) -> bytes:
        """The answer to a request; its id is made of characters that JSON does not escape."""
        return b"".join((self.before_id, request_id.encode(), self.after_id))


class ResponseCache:
    """What one worker answered with the model that it serves, by user and parameters."""

    def __init__(self) -> None:
        self._served: ServedModel | None = None
        self._entries: OrderedDict[Hashable, CacheEntry] = OrderedDict()
        self._outdated: OrderedDict[Hashable, CacheEntry] = OrderedDict()

    def get(self, key: Hashable, served: ServedModel, said: UserFeedback) -> CacheEntry | None:
        """The answer to `key`, if it was made of this very model and of all that the user has said."""
        self._serve(served)
        entry = self._entries.get(key)
        if entry is None or (entry.said is not said and entry.said != said):
            return None
        self._entries.move_to_end(key)
        return entry

    def keep(self, key: Hashable, served: ServedModel, entry: CacheEntry) -> None:
        """Keep an answer that was made with `served`."""
        self._serve(served)
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > KEPT:
            self._entries.popitem(last=False)

    def _serve(self, served: ServedModel) -> None:
        if served is not self._served:
            self._served, self._outdated, self._entries = served, self._entries, OrderedDict()
        if self._outdated:
            # One for one: to free all at once would hold up whoever asks next.
            self._outdated.popitem()
