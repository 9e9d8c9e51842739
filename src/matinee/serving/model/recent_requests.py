"""Requests that people have just made, for a new model to answer before anybody waits for it."""

from collections.abc import Hashable
from dataclasses import dataclass

from matinee.ranking import History
from matinee.serving.model.catalogue import Filters

N_SHAPES = 32
"""Shapes that are remembered; there are few, and what comes first is typical."""


@dataclass(frozen=True, slots=True)
class Request:
    """What `ServedModel.recommend` was asked."""

    user_index: int | None
    """Row in the model that was asked; in another model it is somebody else's, of the same kind."""
    news: History
    k: int
    filters: Filters
    exclude_seen: bool
    reasons: bool


class RecentRequests:
    """The last request of each shape: of a known or a nameless user, with or without news, with which filters."""

    def __init__(self) -> None:
        self._requests: dict[Hashable, Request] = {}

    def note(self, request: Request) -> None:
        """Remember a request; costs about a microsecond."""
        who = request.user_index is None, len(request.news) > 0
        shape = (*who, request.k, request.filters, request.exclude_seen, request.reasons)
        if shape in self._requests or len(self._requests) < N_SHAPES:
            self._requests[shape] = request

    def all(self) -> list[Request]:
        """What is remembered."""
        return list(self._requests.values())
