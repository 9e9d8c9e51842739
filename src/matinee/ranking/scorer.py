"""The protocol of scorers: what a kind of model knows beyond popularity."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .request import ListRequest, UserRef
from .topk import top_k
from .types import Floats, Mask, Rows

if TYPE_CHECKING:
    from .content import Content


class Scored(Protocol):
    """Scores of one user, together with what was computed on the way to them."""

    @property
    def scores(self) -> Floats:
        """Scores of all movies, shape (n_movies,)."""
        ...

    def explain(self, items: Rows) -> Floats | None:
        """What each movie of the user's history adds to the scores of `items`, shape (n_history, n_items).

        Their sum over the history is the score, up to a constant that is the same for all `items`; None when nothing
        of the score comes from the history.
        """
        ...

    def known(self, items: Rows) -> Mask:
        """Of which of `items` anything is known beyond popularity, shape (n_items,); the others score alike."""
        ...


class TopK(NamedTuple):
    """The best movies for one request, equal ones by row."""

    items: Rows
    """Matrix rows, best first, shape (≤ k,)."""
    scores: Floats
    """Score of each."""
    scored: Scored
    """Explains the list without scoring again."""


class Scorer(Protocol):
    """What a kind of model knows beyond popularity; one implementation for each `kind` of artifact."""

    @property
    def is_personal(self) -> bool:
        """Whether scores differ from user to user."""
        ...

    @property
    def benefits_from_batching(self) -> bool:
        """Whether several lists cost less when they are made at once."""
        ...

    def score(self, user: UserRef) -> Scored | None:
        """Scores of a user; None when this model knows nothing of them."""
        ...

    def top(self, requests: Sequence[ListRequest]) -> list[TopK | None]:
        """The best for each request, the same whatever else is asked with it; None where nothing is known."""
        ...

    def similar(self, item_index: int) -> Floats | None:
        """How near every movie is to one, shape (n_movies,); None when this model knows no nearness."""
        ...

    def with_content(self, content: "Content", n_learned: int, n_movies: int) -> "Scorer":
        """The same, which has scores of `n_learned` movies, with those of `content` in a catalogue of `n_movies`."""
        ...


def top_one_by_one(score: Callable[[UserRef], Scored | None], requests: Sequence[ListRequest]) -> list[TopK | None]:
    """`Scorer.top` for a scorer that does not benefit from batching."""
    return [_top(score(request.user), request) for request in requests]


def _top(scored: Scored | None, request: ListRequest) -> TopK | None:
    if scored is None:
        return None
    scores = scored.scores
    items = top_k(scores, request.k, request.allowed(len(scores)))
    return TopK(items, scores[items], scored)
