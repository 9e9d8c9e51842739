"""Answers to list requests, kept as bytes for as long as nothing that they are made of has changed."""

from collections import OrderedDict, deque
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
    """What one worker answered in this hour with the model that it serves, by user and parameters."""

    def __init__(self) -> None:
        self._served: ServedModel | None = None
        self._hour: float | None = None
        self._entries: Entries = OrderedDict()
        self._outdated: deque[Entries] = deque()
        self._next: ServedModel | None = None
        self._ready: Entries = OrderedDict()

    def get(self, key: ListOfUser, served: ServedModel, said: UserFeedback) -> CacheEntry | None:
        """The answer to `key`, if it was made of this very model and of all that the user has said."""
        self._serve(served, key.now)
        entry = self._entries.get(key)
        if entry is None or (entry.said is not said and entry.said != said):
            return None
        self._entries.move_to_end(key)
        return entry

    def keep(self, key: ListOfUser, served: ServedModel, entry: CacheEntry) -> None:
        """Keep an answer that was made with `served`, unless another model is served since or its hour is over."""
        if self._served is None:
            self._serve(served, key.now)
        if served is not self._served or key.now != self._hour:
            return
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > KEPT:
            self._entries.popitem(last=False)

    def newest(self, n: int, hour: float | None) -> list[tuple[ListOfUser, CacheEntry]]:
        """The answers of an hour that were asked for last, at most so many, the last one first."""
        return list(islice((each for each in reversed(self._entries.items()) if each[0].now == hour), n))

    def make_ready(self, key: ListOfUser, served: ServedModel, entry: CacheEntry) -> None:
        """Keep an answer for when `served` is served, which it is not yet; what is ready for another model goes."""
        if served is not self._next:
            self._next, self._ready = served, OrderedDict()
        self._ready[key] = entry
        self._ready.move_to_end(key, last=False)

    def _serve(self, served: ServedModel, hour: float | None) -> None:
        if served is not self._served:
            self._outdated.append(self._entries)
            self._served, self._entries = served, self._ready_for(served)
            self._next, self._ready = None, OrderedDict()
        elif hour != self._hour:  # nobody asks for an hour that is over
            self._outdated.append(self._entries)
            self._entries = OrderedDict()
        self._hour = hour
        self._free_one()

    def _free_one(self) -> None:
        """One for one: to free all that is outdated at once would hold up whoever asks next."""
        if self._outdated and self._outdated[0]:
            self._outdated[0].popitem()
        if self._outdated and not self._outdated[0]:
            self._outdated.popleft()

    def _ready_for(self, served: ServedModel) -> Entries:
        """What is ready, if it is of this version with this catalogue; its metrics may be newer."""
        ready = self._next
        is_this = ready is not None and ready.is_same_as(served)
        return self._ready if is_this else OrderedDict()
