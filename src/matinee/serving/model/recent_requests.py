"""Requests that people have just made, for a new model to answer before anybody waits for it."""

from collections.abc import Hashable

from matinee.ranking import ListRequest

N_SHAPES = 32
"""Shapes that are remembered; there are few, and what comes first is typical."""


class RecentRequests:
    """The last request of each shape: of a known or a nameless user, with or without a history, with which filters."""

    def __init__(self) -> None:
        self._requests: dict[Hashable, ListRequest] = {}

    def note(self, request: ListRequest) -> None:
        """Remember a request; costs about a microsecond."""
        user = request.user
        who = user.user_index is None, len(user.history) > 0
        filters = request.filters
        named = bool(filters.without_movies), filters.only_movies is not None
        order = request.rarity, request.diversity
        how = request.k, filters.without_names(), named, request.exclude_seen, request.reasons
        shape = (*who, *how, order)
        if shape in self._requests or len(self._requests) < N_SHAPES:
            self._requests[shape] = request

    def all(self) -> list[ListRequest]:
        """What is remembered."""
        return list(self._requests.values())
