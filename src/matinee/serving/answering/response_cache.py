"""Answers to list requests, kept as bytes for as long as nothing that they are made of has changed."""

from collections import OrderedDict
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matinee.ranking import ListRequest, Policy
from matinee.ratings.feedback.store import UserFeedback
from matinee.serving.answering.exploring import NOTHING, Explored
from matinee.serving.model.served import ServedModel

KEPT = 20_000
"""Answers that a worker keeps, each of a few kilobytes; the one that was not asked for longest goes first."""


class ListOfUser(NamedTuple):
    """What an answer is kept by."""

    user_id: str
    wanted: ListRequest
    now: float | None
    """Hour of the home's clock."""


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


Entries = OrderedDict[ListOfUser, CacheEntry]


class ResponseCache:
    """What one worker answered with the model that it serves, by user and parameters."""

    def __init__(self) -> None:
        self._served: ServedModel | None = None
        self._entries: Entries = OrderedDict()
        self._outdated: Entries = OrderedDict()
        self._next: ServedModel | None = None
        self._ready: Entries = OrderedDict()

    def get(self, key: ListOfUser, served: ServedModel, said: UserFeedback) -> CacheEntry | None:
        """The answer to `key`, if it was made of this very model and of all that the user has said."""
        self._serve(served)
        entry = self._entries.get(key)
        if entry is None or (entry.said is not said and entry.said != said):
            return None
        self._entries.move_to_end(key)
        return entry

    def keep(self, key: ListOfUser, served: ServedModel, entry: CacheEntry) -> None:
        """Keep an answer that was made with `served`, unless another model has been served since."""
        if self._served is None:
            self._serve(served)
        if served is not self._served:
            return
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > KEPT:
            self._entries.popitem(last=False)

    def newest(self, n: int) -> list[tuple[ListOfUser, CacheEntry]]:
        """The answers that were asked for last, at most so many, the last one first."""
        return list(islice(reversed(self._entries.items()), n))

    def make_ready(self, key: ListOfUser, served: ServedModel, entry: CacheEntry) -> None:
        """Keep an answer for when `served` is served, which it is not yet; what is ready for another model goes."""
        if served is not self._next:
            self._next, self._ready = served, OrderedDict()
        self._ready[key] = entry
        self._ready.move_to_end(key, last=False)

    def _serve(self, served: ServedModel) -> None:
        if served is not self._served:
            self._served, self._outdated, self._entries = served, self._entries, self._ready_for(served)
            self._next, self._ready = None, OrderedDict()
        if self._outdated:
            # One for one: to free all at once would hold up whoever asks next.
            self._outdated.popitem()

    def _ready_for(self, served: ServedModel) -> Entries:
        """What is ready, if it is of this version with this catalogue; its metrics may be newer."""
        ready = self._next
        is_this = ready is not None and ready.is_same_as(served)
        return self._ready if is_this else OrderedDict()
