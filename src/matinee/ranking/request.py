"""A list that is asked for: for whom, how long, and of which movies."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .history import History
from .types import Mask


@dataclass(frozen=True, slots=True, eq=False)
class UserRef:
    """Whom a list is for: all that is known of a user."""

    history: History
    """Ratings of the training data and newer ones."""

    user_index: int | None = None
    """Row in the training data, for a user of whom nothing newer is known: what was learned of them still holds."""

    now: float | None = None
    """When the list is asked for, in seconds since 1970 (UTC); None for the end of the training data."""


NOBODY = UserRef(History.empty())
"""Somebody of whom nothing is known."""


class Filters(NamedTuple):
    """Which movies may be in a list, in words of the catalogue, where `ListRequest.candidates` says it in rows."""

    genres: tuple[str, ...] = ()
    """A movie of any of them passes; empty for all."""
    year_from: int | None = None
    year_to: int | None = None
    """Inclusive; with either of them, movies without a year are left out."""
    without_genres: tuple[str, ...] = ()
    """A movie of any of them is left out."""
    without_movies: tuple[str, ...] = ()
    """Ids of movies that are left out."""
    only_movies: tuple[str, ...] | None = None
    """Ids of the only movies that may be in the list; None for all."""
    watch_list: Literal["include", "exclude", "only"] = "include"
    """What becomes of the movies that the user wants to watch; whoever knows them turns it into the two before."""

    def without_names(self) -> "Filters":
        """The same without which movies they name: those are of one user."""
        names_none = not self.without_movies and self.only_movies is None
        return self if names_none else self._replace(without_movies=(), only_movies=None)


class ListRequest(NamedTuple):
    """A list that is asked for."""

    user: UserRef = NOBODY
    k: int = 10
    """Length of the list; it is shorter only when fewer candidates are left."""
    filters: Filters = Filters()
    """What `candidates` was made from; ranking itself does not look at it."""
    candidates: Mask | None = None
    """Movies that may appear, shape (n_movies,); None for all."""
    exclude_seen: bool = True
    """Leave out every movie that the user has rated; those that the user wants to see no more of are never in it."""
    reasons: bool = False
    """Tell which of the user's ratings speaks most for each movie."""
    language: str = "en"
    """In which the reasons are told; ranking itself does not look at it."""
    page: tuple[int, int] | None = None
    """Places in the list, the last one excluded, that reasons are told of; None for all."""
    rarity: float = 0.0
    """From -1, popular movies, over 0, as the model ranks, to 1, rare ones; see `ranking.reorder`."""
    diversity: float = 0.0
    """From 0, as the model ranks, to 1, movies that are unlike each other; see `ranking.reorder`."""

    @property
    def excluded(self) -> NDArray[np.int32]:
        """Matrix rows of movies that may not be in the list, shape (n,)."""
        return self.user.history.items if self.exclude_seen else self.user.history.hidden

    @property
    def is_reordered(self) -> bool:
        """Whether the order of the model is not what is wanted."""
        return bool(self.rarity or self.diversity)

    def allowed(self, n_movies: int) -> Mask:
        """Movies that may be in the list, shape (n_movies,)."""
        allowed = np.ones(n_movies, bool) if self.candidates is None else self.candidates.copy()
        allowed[self.excluded] = False
        return allowed
