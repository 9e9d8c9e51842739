"""From a user's history to a ranked list of movies: the one function that evaluation and the server share.

This file needs numpy and nothing of matinee, because it is also logged with every model as its code:
`mlflow.pyfunc.load_model` ranks with the very lines that ranked when the model was evaluated.

Everything is in matrix rows (`user_index`, `item_index`); external ids stay outside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Policy = Literal["learned", "fold_in", "popular"]
"""How a list was made: from what the model learned of this user, from a history it had not seen, or popularity."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class History:
    """Ratings of one user, oldest first, those of one moment by row, one per movie."""

    items: NDArray[np.int32]
    """Matrix rows of the rated movies, shape (n,)."""

    ratings: Floats
    """Stars, shape (n,)."""

    rated_at: NDArray[np.int64]
    """Seconds since 1970 (UTC), shape (n,)."""

    @classmethod
    def empty(cls) -> "History":
        """A history without ratings."""
        return cls(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.items)

    def rated_at_least(self, stars: float) -> "History":
        """The part with at least so many stars."""
        chosen = self.ratings >= stars
        return History(self.items[chosen], self.ratings[chosen], self.rated_at[chosen])

    def with_news(self, news: "History") -> "History":
        """Both, in order of time and row; of two ratings of one movie the newer stays, of equal times that of `news`.

        Returns `self` when `news` holds nothing that is not known.
        """
        if len(news) == 0:
            return self
        items = np.concatenate([self.items, news.items])
        ratings = np.concatenate([self.ratings, news.ratings])
        rated_at = np.concatenate([self.rated_at, news.rated_at])
        order = np.lexsort((items, rated_at))
        _, last = np.unique(items[order][::-1], return_index=True)
        kept = order[np.sort(len(order) - 1 - last)]
        merged = History(items[kept], ratings[kept], rated_at[kept])
        return self if self._says_the_same_as(merged) else merged

    def _says_the_same_as(self, other: "History") -> bool:
        return (
            len(self) == len(other)
            and bool((self.items == other.items).all())
            and bool((self.ratings == other.ratings).all())
        )


def recency_weights(rated_at: NDArray[np.int64], recency: float) -> NDArray[np.float64]:
    """Weights exp(-rank / recency) of ratings, the newest 1: what came last says most about what comes next.

    A rating's rank is the number of newer ones. Ratings of one moment share theirs, because the order among them is
    not known (MovieLens stamps a page of ratings at once); so a history without times is weighted alike.

    Args:
        rated_at: seconds, rising, shape (n,).
        recency: τ, in ratings, positive; `inf` weights all alike.
    """
    rank = len(rated_at) - np.searchsorted(rated_at, rated_at, side="right")
    weights: NDArray[np.float64] = np.exp(-rank / recency)
    return weights


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories of all users of a model in one compressed layout, as a sparse matrix keeps its rows."""

    offsets: NDArray[np.int64]
    """User u owns entries offsets[u] to offsets[u + 1], shape (n_users + 1,)."""

    items: NDArray[np.int32]
    """Matrix rows of the rated movies, shape (n_ratings,), each user's in the order of a `History`."""

    ratings: Floats
    """Stars, shape (n_ratings,)."""

    rated_at: NDArray[np.int64]
    """Seconds since 1970 (UTC), shape (n_ratings,)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, user_index: int) -> History:
        """History of one user, as views."""
        rows = slice(int(self.offsets[user_index]), int(self.offsets[user_index + 1]))
        return History(self.items[rows], self.ratings[rows], self.rated_at[rows])


class Scorer(Protocol):
    """What a kind of model knows beyond popularity; one implementation for each `kind` of artifact."""

    def learned(self, user_index: int) -> Floats | None:
        """Scores of all movies, shape (n_movies,), for a user of the training data; None when nothing was learned."""
        ...

    def fold_in(self, history: History) -> Floats | None:
        """Scores of all movies for any history; None when the history says nothing to this model."""
        ...

    def similar(self, item_index: int) -> Floats | None:
        """How near every movie is to one, shape (n_movies,); None when this model knows no nearness."""
        ...

    def contributions(self, history: History, items: NDArray[np.int64]) -> Floats | None:
        """What each movie of a history adds to the scores of `items`, shape (n_history, n_items).

        Their sum over the history is the score, up to a constant that is the same for all `items`; None when nothing
        of the score comes from the history.
        """
        ...


@dataclass(frozen=True)
class PopularityScorer:
    """The same scores for everyone, as a component of a blend."""

    popularity: Floats
    """Shape (n_movies,)."""

    @classmethod
    def from_parts(cls, parts: "_Parts") -> "PopularityScorer":
        """From the array `popularity`."""
        return cls(parts.array("popularity", (parts.n_movies,)))

    def learned(self, user_index: int) -> Floats | None:  # noqa: ARG002  everyone gets the same
        """See `Scorer.learned`."""
        return self.popularity

    def fold_in(self, history: History) -> Floats | None:  # noqa: ARG002  everyone gets the same
        """See `Scorer.fold_in`."""
        return self.popularity

    def similar(self, item_index: int) -> Floats | None:  # noqa: ARG002  popularity knows no nearness
        """See `Scorer.similar`; None."""
        return None

    def contributions(self, history: History, items: NDArray[np.int64]) -> Floats | None:  # noqa: ARG002  it is alike for all histories
        """See `Scorer.contributions`; None."""
        return None


@dataclass(frozen=True)
class FactorScorer:
    """Implicit-feedback matrix factorization (Hu, Koren & Volinsky, 2008) with a recency-weighted fold-in.

    A history folds in by one step of alternating least squares against the fixed item factors Y:

        x = (YᵀY + λI + Σ (wᵢ - 1) yᵢyᵢᵀ)⁻¹ Σ wᵢ yᵢ,   wᵢ = α · recency_weights(…)ᵢ over liked movies

    Without recency (τ = ∞) this is the formula of training.
    """

    item_factors: Floats
    """Shape (n_movies, d)."""

    user_factors: Floats
    """Shape (n_users, d); zeros for a user of whom nothing was learned."""

    alpha: float
    """Confidence of one liked movie."""

    regularization: float
    """λ of training."""

    recency: float
    """τ, in ratings; `inf` weighs a whole history alike."""

    positive_rating: float
    """Stars from which a rating says that the user liked the movie."""

    @classmethod
    def from_parts(cls, parts: "_Parts") -> "FactorScorer":
        """From arrays `item_factors`, `user_factors` and parameters `alpha`, `regularization`, `recency`."""
        n_factors = parts.arrays["item_factors"].shape[-1]
        return cls(
            item_factors=parts.array("item_factors", (parts.n_movies, n_factors)),
            user_factors=parts.array("user_factors", (len(parts.histories), n_factors)),
            alpha=float(parts.parameters["alpha"]),
            regularization=float(parts.parameters["regularization"]),
            recency=parts.positive("recency"),
            positive_rating=float(parts.parameters["positive_rating"]),
        )

    @cached_property
    def _gram(self) -> Floats:
        gram: Floats = self.item_factors.T @ self.item_factors
        gram[np.diag_indices_from(gram)] += self.regularization
        return gram

    def learned(self, user_index: int) -> Floats | None:
        """See `Scorer.learned`; None for a user who liked no movie."""
        user_factor = self.user_factors[user_index]
        if not user_factor.any():
            return None
        scores: Floats = self.item_factors @ user_factor
        return scores

    def fold_in(self, history: History) -> Floats | None:
        """See `Scorer.fold_in`; None when the history holds no liked movie."""
        user_factor = self.user_factor(history)
        if user_factor is None:
            return None
        scores: Floats = self.item_factors @ user_factor
        return scores

    def user_factor(self, history: History) -> Floats | None:
        """Factor of a history, shape (d,), by the formula above."""
        liked = history.rated_at_least(self.positive_rating)
        if len(liked) == 0:
            return None
        normal, weighted = self._normal_equations(liked)
        user_factor: Floats = np.linalg.solve(normal, weighted.sum(axis=1))
        return user_factor

    def contributions(self, history: History, items: NDArray[np.int64]) -> Floats | None:
        """See `Scorer.contributions`; wᵢ yⱼᵀA⁻¹yᵢ with the matrix A of the formula (section 5 of the paper)."""
        is_liked = history.ratings >= self.positive_rating
        if not is_liked.any():
            return None
        normal, weighted = self._normal_equations(history.rated_at_least(self.positive_rating))
        added = np.zeros((len(history), len(items)), np.float32)
        added[is_liked] = np.linalg.solve(normal, weighted).T @ self.item_factors[items].T
        return added

    def _normal_equations(self, liked: History) -> tuple[Floats, Floats]:
        """A, shape (d, d), and the wᵢyᵢ, shape (d, n_liked), of the formula."""
        weights = (self.alpha * recency_weights(liked.rated_at, self.recency)).astype(np.float32)
        factors = self.item_factors[liked.items]
        normal = self._gram + (factors.T * (weights - 1)) @ factors
        return normal.astype(np.float32, copy=False), factors.T * weights

    def similar(self, item_index: int) -> Floats | None:
        """See `Scorer.similar`; the cosine of the factors."""
        lengths = np.linalg.norm(self.item_factors, axis=1)
        products = self.item_factors @ self.item_factors[item_index]
        scores: Floats = products / np.maximum(lengths * lengths[item_index], np.finfo(np.float32).tiny)
        return scores


@dataclass(frozen=True)
class ItemItemScorer:
    """Item-item weights: a movie's score is the recency-weighted sum of what each liked movie of the history says.

        scoreⱼ = Σ recency_weights(…)ᵢ · Bᵢⱼ   over liked movies i

    Of each row of B only the strongest weights are kept, which costs nothing in quality and makes a model of 27k
    movies thirteen times smaller than the full matrix.
    """

    neighbours: NDArray[np.int32]
    """Columns of the weights that are kept of each row of B, shape (n_movies, n_kept)."""

    weights: Floats
    """Those weights, shape (n_movies, n_kept); zeros fill a row that has fewer."""

    histories: Histories
    """What each user of the training data had rated."""

    recency: float
    """τ, in ratings; `inf` weighs a whole history alike."""

    positive_rating: float
    """Stars from which a rating says that the user liked the movie."""

    @classmethod
    def from_parts(cls, parts: "_Parts") -> "ItemItemScorer":
        """From arrays `neighbours`, `weights` and the parameter `recency`."""
        shape = (parts.n_movies, parts.arrays["weights"].shape[-1])
        neighbours = parts.array("neighbours", shape)
        if neighbours.size and not 0 <= neighbours.min() <= neighbours.max() < parts.n_movies:
            raise ValueError("neighbours point outside the catalogue")
        return cls(
            neighbours=neighbours,
            weights=parts.array("weights", shape),
            histories=parts.histories,
            recency=parts.positive("recency"),
            positive_rating=float(parts.parameters["positive_rating"]),
        )

    def learned(self, user_index: int) -> Floats | None:
        """See `Scorer.learned`; None for a user who liked no movie."""
        return self.fold_in(self.histories.of(user_index))

    def fold_in(self, history: History) -> Floats | None:
        """See `Scorer.fold_in`; None when the history holds no liked movie."""
        liked = history.rated_at_least(self.positive_rating)
        if len(liked) == 0:
            return None
        return self._sum(liked.items, recency_weights(liked.rated_at, self.recency))

    def similar(self, item_index: int) -> Floats | None:
        """See `Scorer.similar`; what liking the one movie alone says."""
        return self._sum(np.array([item_index], np.int32), np.ones(1))

    def contributions(self, history: History, items: NDArray[np.int64]) -> Floats | None:
        """See `Scorer.contributions`; each term of the sum."""
        is_liked = history.ratings >= self.positive_rating
        if not is_liked.any():
            return None
        liked = history.rated_at_least(self.positive_rating)
        is_asked, column = np.zeros(len(self.weights), bool), np.zeros(len(self.weights), np.int64)
        is_asked[items], column[items] = True, np.arange(len(items))
        neighbours = self.neighbours[liked.items].ravel()
        kept = np.flatnonzero(is_asked[neighbours])  # few of many: only these are looked at any further
        row, place = np.divmod(kept, self.neighbours.shape[1])
        terms = recency_weights(liked.rated_at, self.recency)[row] * self.weights[liked.items[row], place]
        added = np.zeros((len(history), len(items)), np.float32)
        np.add.at(added, (np.flatnonzero(is_liked)[row], column[neighbours[kept]]), terms.astype(np.float32))
        return added

    def _sum(self, items: NDArray[np.int32], item_weights: NDArray[np.float64]) -> Floats:
        contributions = item_weights[:, None] * self.weights[items]
        n_movies = len(self.weights)
        return np.bincount(self.neighbours[items].ravel(), contributions.ravel(), n_movies).astype(np.float32)


class Component(NamedTuple):
    """One voice of a blend."""

    weight: float
    scorer: Scorer
    fresh_days: float = inf
    """Days in which the weight falls to 1/e after a user's newest rating; `inf` for a component that never fades."""

    def weight_at(self, age_days: float) -> np.float32:
        """Weight for a history whose newest rating is so old."""
        return np.float32(self.weight * np.exp(-age_days / self.fresh_days))


@dataclass(frozen=True)
class BlendScorer:
    """A weighted sum of other scorers' scores, the personal ones brought to mean 0 and deviation 1 over the catalogue.

    Popularity stays on its own scale, which is the same for everyone and every day. A component may count only while
    a history is fresh: what somebody has just liked says what comes next in this sitting, and little about another
    day. How old a history is, is told by the end of the training data, so a history always gets the same list.
    """

    components: Sequence[Component]

    histories: Histories
    """What each user of the training data had rated."""

    data_through: float
    """End of the training data, in seconds since 1970 (UTC)."""

    @classmethod
    def from_parts(cls, parts: "_Parts") -> "BlendScorer":
        """From each component's arrays and parameters `position.kind.name`, and its weight, `position.kind`.

        A component that fades has `position.kind.fresh_days`, and the blend `data_through`.
        """
        components = []
        for name in sorted(name for name in parts.parameters if name.count(".") == 1):
            fades = f"{name}.fresh_days" in parts.parameters
            fresh_days = parts.positive(f"{name}.fresh_days") if fades else inf
            scorer = _scorer(name.split(".")[1], parts.below(name))
            components.append(Component(float(parts.parameters[name]), scorer, fresh_days))
        return cls(components, parts.histories, float(parts.parameters.get("data_through", 0)))

    def learned(self, user_index: int) -> Floats | None:
        """See `Scorer.learned`; None for a user of whom no component but popularity learned anything."""
        return self._mix(lambda scorer: scorer.learned(user_index), self.histories.of(user_index))

    def fold_in(self, history: History) -> Floats | None:
        """See `Scorer.fold_in`; None when the history says nothing to any component but popularity."""
        return self._mix(lambda scorer: scorer.fold_in(history), history)

    def similar(self, item_index: int) -> Floats | None:
        """See `Scorer.similar`; the blend of those components that know nearness."""
        return self._mix(lambda scorer: scorer.similar(item_index), History.empty())

    def contributions(self, history: History, items: NDArray[np.int64]) -> Floats | None:
        """See `Scorer.contributions`; the weighted sum of the components', each on the scale it is blended in."""
        age_days = self._age_days(history)
        total = None
        for component in self.components:
            added, scores = component.scorer.contributions(history, items), component.scorer.fold_in(history)
            if added is None or scores is None:
                continue
            deviation = scores.std()
            scaled = component.weight_at(age_days) * (added / deviation if deviation > 0 else added)
            total = scaled if total is None else total + scaled
        return total

    def _mix(self, ask: Callable[[Scorer], Floats | None], history: History) -> Floats | None:
        age_days = self._age_days(history)
        total, is_personal = np.zeros(1, np.float32), False
        for component in self.components:
            scores = ask(component.scorer)
            if scores is None:
                continue
            if not isinstance(component.scorer, PopularityScorer):
                scores, is_personal = _standardized(scores), True
            total = total + component.weight_at(age_days) * scores
        return total if is_personal else None

    def _age_days(self, history: History) -> float:
        """Days from the newest rating to the end of the training data; 0 for one that is newer, and for none."""
        newest = history.rated_at[-1] if len(history) else self.data_through
        return max(0.0, float(self.data_through - newest) / 86_400)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a scorer is made of."""

    arrays: Mapping[str, NDArray[Any]]
    parameters: Mapping[str, Any]
    histories: Histories
    n_movies: int

    def array(self, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
        if self.arrays[name].shape != shape:
            raise ValueError(f"{name} is of shape {self.arrays[name].shape} where {shape} belongs")
        return self.arrays[name]

    def positive(self, name: str) -> float:
        value = float(self.parameters[name])
        if not value > 0:
            raise ValueError(f"{name} is {value}, which is not positive")
        return value

    def below(self, component: str) -> "_Parts":
        start = len(component) + 1
        arrays = {name[start:]: array for name, array in self.arrays.items() if name.startswith(f"{component}.")}
        own = {name[start:]: value for name, value in self.parameters.items() if name.startswith(f"{component}.")}
        parameters = {**own, "positive_rating": self.parameters["positive_rating"]}
        return _Parts(arrays, parameters, self.histories, self.n_movies)


_KINDS: Mapping[str, Callable[[_Parts], Scorer]] = {
    "popularity": PopularityScorer.from_parts,
    "factors": FactorScorer.from_parts,
    "item_item": ItemItemScorer.from_parts,
    "blend": BlendScorer.from_parts,
}


def _scorer(kind: str, parts: _Parts) -> Scorer:
    if kind not in _KINDS:
        raise ValueError(f"no kind of model is called {kind!r}")
    return _KINDS[kind](parts)


def _standardized(scores: Floats) -> Floats:
    deviation = scores.std()
    centred: Floats = scores - scores.mean()
    return centred / deviation if deviation > 0 else centred


@dataclass(frozen=True)
class RankingModel:
    """Everything that ranking needs of a model."""

    popularity: Floats
    """Popularity of each movie, shape (n_movies,): the order of the fallback."""

    histories: Histories
    """What each user of the training data had rated."""

    scorer: Scorer | None = None
    """None for a model that knows popularity only."""

    @property
    def n_movies(self) -> int:
        """Size of the catalogue."""
        return len(self.popularity)

    @property
    def n_users(self) -> int:
        """Number of users in the training data."""
        return len(self.histories)

    @classmethod
    def from_arrays(
        cls, kind: str, arrays: Mapping[str, NDArray[Any]], parameters: Mapping[str, Any]
    ) -> "RankingModel":
        """Model of `kind` from an artifact's arrays and parameters.

        Raises:
            KeyError: an array or a parameter is missing.
            ValueError: `kind` is unknown, or something does not fit what it needs.
        """
        histories = Histories(
            arrays["history_offsets"], arrays["history_items"], arrays["history_ratings"], arrays["history_rated_at"]
        )
        popularity = arrays["popularity"]
        parts = _Parts(arrays, parameters, histories, len(popularity))
        return cls(popularity, histories, None if kind == "popularity" else _scorer(kind, parts))

    def history(self, user_index: int | None, news: History | None = None) -> History:
        """All that is known of a user: training data and news."""
        known = History.empty() if user_index is None else self.histories.of(user_index)
        return known if news is None else known.with_news(news)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranked list and how it was made."""

    policy: Policy
    items: NDArray[np.int64]
    """Matrix rows, best first, shape (≤ k,)."""

    scores: Floats
    """Score of each, comparable within this list only."""


def recommend(
    model: RankingModel,
    user_index: int | None,
    news: History | None = None,
    k: int = 10,
    *,
    candidates: Mask | None = None,
    exclude_seen: bool = True,
) -> Ranking:
    """Best `k` movies for a user.

    Args:
        model: what to rank with.
        user_index: the user's row in the training data; None for a user who is not in it.
        news: ratings that the model may not have been trained on.
        k: length of the list; it is shorter only when fewer candidates are left.
        candidates: movies that may appear, shape (n_movies,); None for all.
        exclude_seen: leave out every movie that the user has rated.

    Returns:
        The list. Equal scores are ordered by matrix row, so the same request always gets the same answer.
    """
    known = model.history(user_index)
    history = known if news is None else known.with_news(news)
    policy, scores = _score(model, user_index, history, is_known=history is known)
    allowed = np.ones(model.n_movies, bool) if candidates is None else candidates.copy()
    if exclude_seen:
        allowed[history.items] = False
    items = top_k(scores, k, allowed)
    return Ranking(policy, items, scores[items])


def _score(model: RankingModel, user_index: int | None, history: History, *, is_known: bool) -> tuple[Policy, Floats]:
    policy: Policy = "popular"
    scores: Floats | None = None
    if model.scorer is not None and user_index is not None and is_known:
        policy, scores = "learned", model.scorer.learned(user_index)
    elif model.scorer is not None and len(history) > 0:
        policy, scores = "fold_in", model.scorer.fold_in(history)
    return (policy, scores) if scores is not None else ("popular", model.popularity)


_BLOCK = 16
"""Movies of which `top_k` looks at the best one only; smaller blocks bound better, larger ones are fewer."""


def top_k(scores: Floats, k: int, allowed: Mask) -> NDArray[np.int64]:
    """Rows of the `k` highest allowed scores, best first, ties by row.

    The k-th highest of the maxima of blocks is a bound: at least k scores reach it, so the best k are among those that
    do. Two passes over the catalogue find them, and few are left to sort.
    """
    if k <= 0:
        return np.empty(0, np.int64)
    masked = np.where(allowed, scores, np.float32(-np.inf))
    n_blocks = len(masked) // _BLOCK
    bound = np.float32(-np.inf)
    if k <= n_blocks:
        # A block is a column here: numpy finds the maxima of columns several times faster than those of short rows.
        maxima = masked[: n_blocks * _BLOCK].reshape(_BLOCK, n_blocks).max(axis=0)
        bound = np.partition(maxima, n_blocks - k)[n_blocks - k]
    # A bound of -inf says nothing: then it is the mask that tells what is allowed.
    rows = np.flatnonzero(masked >= bound) if bound > -np.inf else np.flatnonzero(allowed)
    best: NDArray[np.int64] = rows[np.argsort(-masked[rows], kind="stable")][:k]
    return best


def similar(model: RankingModel, item_index: int, k: int = 10) -> Ranking:
    """Movies nearest to one movie by what the model learned; by popularity when it learned nothing of nearness."""
    others = np.ones(model.n_movies, bool)
    others[item_index] = False
    nearness = None if model.scorer is None else model.scorer.similar(item_index)
    policy: Policy = "popular" if nearness is None else "learned"
    scores = model.popularity if nearness is None else nearness
    items = top_k(scores, k, others)
    return Ranking(policy, items, scores[items])


def reasons(
    model: RankingModel, user_index: int | None, news: History | None, ranking: Ranking
) -> list[tuple[int, float] | None]:
    """For each movie of a list the rated movie that speaks most for it.

    Args:
        model: what the list was ranked with.
        user_index: see `recommend`.
        news: see `recommend`.
        ranking: the list.

    Returns:
        Matrix row of the rated movie whose contribution to the score is the largest, and that contribution, on the
        scale of the scores; None where nothing that the user rated speaks for the movie.
    """
    history = model.history(user_index, news)
    if model.scorer is None or ranking.policy == "popular" or len(ranking.items) == 0:
        return [None] * len(ranking.items)
    added = model.scorer.contributions(history, ranking.items)
    if added is None:
        return [None] * len(ranking.items)
    # A movie that was rated may be listed again; it is no reason for itself.
    added[history.items[:, None] == ranking.items] = -np.inf
    best = added.argmax(axis=0)
    strongest = zip(history.items[best].tolist(), added.max(axis=0).tolist(), strict=True)
    return [(row, gain) if gain > 0 else None for row, gain in strongest]
