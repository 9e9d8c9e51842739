"""From a user's history to a ranked list of movies: the one function that evaluation and the server share.

This file needs numpy and nothing of matinee, because it is also logged with every model as its code:
`mlflow.pyfunc.load_model` ranks with the very lines that ranked when the model was evaluated.

Everything is in matrix rows (`user_index`, `item_index`); external ids stay outside.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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


Whom = int | History
"""Row of a user of the training data, of whom something may have been learned; or a history to fold in."""


class Want(NamedTuple):
    """A list that is wanted of a scorer."""

    whom: Whom
    k: int
    """Length of the list."""
    excluded: NDArray[np.int32]
    """Matrix rows of movies that may not be in it, shape (n,)."""
    candidates: Mask | None
    """Movies that may, shape (n_movies,); None for all."""

    def allowed(self, n_movies: int) -> Mask:
        """Movies that may be in the list, shape (n_movies,)."""
        allowed = np.ones(n_movies, bool) if self.candidates is None else self.candidates.copy()
        allowed[self.excluded] = False
        return allowed


class Best(NamedTuple):
    """The best movies of a list, equal ones by row."""

    items: NDArray[np.int64]
    """Matrix rows, best first, shape (≤ k,)."""
    scores: Floats
    """Score of each."""


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

    def contributions(self, whom: Whom, history: History, items: NDArray[np.int64]) -> Floats | None:
        """What each movie of a history adds to the scores of `items`, shape (n_history, n_items).

        Their sum over the history is the score, up to a constant that is the same for all `items`; None when nothing
        of the score comes from the history.

        Args:
            whom: who is scored.
            history: what that user has rated.
            items: matrix rows, shape (n_items,).
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

    def contributions(self, whom: Whom, history: History, items: NDArray[np.int64]) -> Floats | None:  # noqa: ARG002  it is alike for all histories
        """See `Scorer.contributions`; None."""
        return None


class Search(Protocol):
    """Finds the highest scores of a `FactorScorer` without computing all of them."""

    @property
    def recall_at_10(self) -> float:
        """Share of the true best ten that it finds."""
        ...

    def rows(self, user_factor: Floats, n: int) -> NDArray[np.int64]:
        """About the `n` movies of the highest scores, as rising matrix rows; it may miss some of them."""
        ...


@dataclass(frozen=True)
class _ByLength:
    """Item factors in the order in which they are scanned, the longest first."""

    rows: NDArray[np.int64]
    """Matrix row at each place, shape (n_movies,)."""
    places: NDArray[np.int64]
    """Place of each matrix row, shape (n_movies,)."""
    lengths: Floats
    """Length of the factor at each place, falling, shape (n_movies,)."""
    panels: Sequence[Floats]
    """The factors, at most `_PANEL` columns in each."""

    @classmethod
    def of(cls, item_factors: Floats) -> "_ByLength":
        lengths = np.sqrt(np.einsum("ij,ij->i", item_factors, item_factors))
        rows = np.argsort(-lengths, kind="stable")
        places = np.empty_like(rows)
        places[rows] = np.arange(len(rows))
        starts = range(0, max(1, item_factors.shape[1]), _PANEL)
        panels = [np.ascontiguousarray(item_factors[rows, start : start + _PANEL]) for start in starts]
        return cls(rows, places, lengths[rows], panels)

    def n_reaching(self, length: float) -> int:
        """How many factors are at least so long."""
        return int(np.searchsorted(-self.lengths, -length, side="right"))

    def score(self, user_factors: Floats, wants: Sequence[Want], places: slice, scores: Floats) -> None:
        """Fill in the rows `places` of `scores`, shape (n_movies, n_users); -inf for what may not be in a list."""
        part = scores[places]
        # A column a user: so BLAS takes the factors as they lie, which the other way round it would copy first.
        np.matmul(self.panels[0][places], user_factors[:, :_PANEL].T, out=part)
        for number, panel in enumerate(self.panels[1:], start=1):
            part += panel[places] @ user_factors[:, number * _PANEL : (number + 1) * _PANEL].T
        for column, want in enumerate(wants):
            excluded = self.places[want.excluded] - places.start
            part[excluded[(excluded >= 0) & (excluded < len(part))], column] = -np.inf
            if want.candidates is not None:
                part[~want.candidates[self.rows[places]], column] = -np.inf


@dataclass(frozen=True)
class FactorScorer:
    """Implicit-feedback matrix factorization (Hu, Koren & Volinsky, 2008) with a recency-weighted fold-in.

    A history folds in by one step of alternating least squares against the fixed item factors Y:

        x = (YᵀY + λI + Σ (wᵢ - 1) yᵢyᵢᵀ)⁻¹ Σ wᵢ yᵢ,   wᵢ = α · recency_weights(…)ᵢ over liked movies

    Without recency (τ = ∞) this is the formula of training.

    With G = YᵀY + λI, which is alike for everyone, it says Gx = Σ cᵢyᵢ where cᵢ = wᵢ - (wᵢ - 1) yᵢᵀx. So the score yⱼᵀx
    is a sum over the liked movies, of cᵢ yⱼᵀG⁻¹yᵢ: how near two movies are everyone has taught, and cᵢ is what a movie
    still has to say. (Section 5 of the paper has another such sum, which takes a matrix inverse for each user.)
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

    search: Search | None = None
    """What lists without a filter are found by in a catalogue too large to be scored; None to score all movies."""

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

    @cached_property
    def _gram_inverse(self) -> Floats:
        # In float64, because it is computed once and every answer depends on it.
        return np.linalg.inv(self._gram.astype(np.float64)).astype(np.float32)

    @cached_property
    def _by_length(self) -> "_ByLength":
        return _ByLength.of(self.item_factors)

    def best(self, wants: Sequence[Want]) -> list[Best | None]:
        """A list for each of `wants`, the same whatever else is wanted with it; None for whom nothing is known of.

        Several users are scored in one product of matrices, which reads the factors once.
        """
        factors = [self._factor(want.whom) for want in wants]
        found = [
            None if factor is None else self._found(factor, want) for factor, want in zip(factors, wants, strict=True)
        ]
        known = [number for number, factor in enumerate(factors) if factor is not None and found[number] is None]
        at_once = _AT_ONCE if len(known) >= _WORTH_A_PRODUCT else 1
        for start in range(0, len(known), at_once):
            part = known[start : start + at_once]
            user_factors = np.array([factors[number] for number in part])
            for number, best in zip(part, self._scan(user_factors, [wants[number] for number in part]), strict=True):
                found[number] = best
        return found

    def _found(self, user_factor: Floats, want: Want) -> Best | None:
        """What `search` finds; None when it cannot be asked, or finds too few."""
        n = want.k + len(want.excluded)
        if self.search is None or want.candidates is not None or n > len(self.item_factors) // _SEARCHABLE:
            return None
        rows = self.search.rows(user_factor, n)
        rows = rows[~np.isin(rows, want.excluded)]
        best = _best_of(rows, self._exact(rows, user_factor), want.k)
        return best if len(best.items) == want.k else None

    def _exact(self, rows: NDArray[np.int64], user_factor: Floats) -> Floats:
        """Scores of a few movies, each computed by itself."""
        scores: Floats = np.einsum("ij,j->i", self.item_factors[rows], user_factor)
        return scores

    def _scan(self, user_factors: Floats, wants: Sequence[Want]) -> Iterable[Best]:
        """The best for each of `user_factors`, shape (n_users, d).

        Movies are scored from the longest factor on, until those that are left are too short to reach the best k: a
        score is at most the product of both lengths. How a sum is rounded depends on what else is computed with it. So
        whatever may be among the best is scored again, each movie by itself, and a list is the same with whomever it
        was made.
        """
        movies, n_movies = self._by_length, len(self.item_factors)
        lengths = np.sqrt(np.einsum("ij,ij->i", user_factors, user_factors))
        rounding = 2 * user_factors.shape[1] * np.finfo(np.float32).eps * movies.lengths.max(initial=0) * lengths
        scores = np.empty((n_movies, len(wants)), np.float32)
        n_scored = min(n_movies, max(_FIRST, *(2 * _BLOCK * want.k for want in wants)))
        movies.score(user_factors, wants, slice(0, n_scored), scores)
        if n_scored < n_movies:
            maxima = _block_maxima(scores[:n_scored])
            bounds = np.array([_bound(maxima[:, column], want.k) for column, want in enumerate(wants)])
            n_needed = movies.n_reaching(float(((bounds - 2 * rounding) / lengths).min()))
            if n_needed > n_scored:
                movies.score(user_factors, wants, slice(n_scored, n_needed), scores)
                n_scored = n_needed
        scores = scores[:n_scored]
        maxima = np.ascontiguousarray(_block_maxima(scores).T)
        for column, (want, user_factor) in enumerate(zip(wants, user_factors, strict=True)):
            places = _contenders(scores[:, column], maxima[column], want.k, float(rounding[column]))
            rows = np.sort(movies.rows[places])
            yield _best_of(rows, self._exact(rows, user_factor), want.k)

    def _factor(self, whom: Whom) -> Floats | None:
        return self.user_factor(whom) if isinstance(whom, History) else self._learned_factor(whom)

    def _learned_factor(self, user_index: int) -> Floats | None:
        user_factor: Floats = self.user_factors[user_index]
        return user_factor if user_factor.any() else None

    def learned(self, user_index: int) -> Floats | None:
        """See `Scorer.learned`; None for a user who liked no movie."""
        return self._scored(self._learned_factor(user_index))

    def fold_in(self, history: History) -> Floats | None:
        """See `Scorer.fold_in`; None when the history holds no liked movie."""
        return self._scored(self.user_factor(history))

    def _scored(self, user_factor: Floats | None) -> Floats | None:
        return None if user_factor is None else self.item_factors @ user_factor

    def user_factor(self, history: History) -> Floats | None:
        """Factor of a history, shape (d,), by the formula above."""
        liked, factors, weights = self._liked(history)
        if len(liked) == 0:
            return None
        if len(liked) > factors.shape[1]:
            user_factor: Floats = np.linalg.solve(self._normal(factors, weights), factors.T @ weights)
            return user_factor
        inverted, system = self._small_system(factors, weights)
        return inverted.T @ np.linalg.solve(system.T, weights)

    def contributions(self, whom: Whom, history: History, items: NDArray[np.int64]) -> Floats | None:
        """See `Scorer.contributions`; cᵢ yⱼᵀG⁻¹yᵢ of the formula above."""
        liked, factors, weights = self._liked(history)
        user_factor = self._factor(whom)
        if user_factor is None or len(liked) == 0:
            return None
        pull = weights - (weights - np.float32(1)) * (factors @ user_factor)
        nearness = factors @ (self._gram_inverse @ self.item_factors[items].T)
        added = np.zeros((len(history), len(items)), np.float32)
        added[liked] = pull[:, None] * nearness
        return added

    def _liked(self, history: History) -> tuple[NDArray[np.intp], Floats, Floats]:
        """Places of the n liked movies in a history, their factors Y, shape (n, d), and their weights w, shape (n,)."""
        liked = np.flatnonzero(history.ratings >= self.positive_rating)
        weights = self.alpha * recency_weights(history.rated_at[liked], self.recency)
        return liked, self.item_factors[history.items[liked]], weights.astype(np.float32)

    def _normal(self, factors: Floats, weights: Floats) -> Floats:
        """The matrix A of the formula, shape (d, d)."""
        normal = self._gram + (factors.T * (weights - np.float32(1))) @ factors
        return normal.astype(np.float32, copy=False)

    def _small_system(self, factors: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """YG⁻¹, shape (n, d), and M = I + YG⁻¹Yᵀ(W - I), shape (n, n).

        By the push-through identity YA⁻¹ = M⁻¹YG⁻¹: for a history of fewer movies than factors the smaller system.
        """
        inverted = factors @ self._gram_inverse
        system: Floats = (inverted @ factors.T) * (weights - np.float32(1))
        system.ravel()[:: len(system) + 1] += 1  # the diagonal, at a tenth of what `diag_indices_from` costs
        return inverted, system

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

    def contributions(self, whom: Whom, history: History, items: NDArray[np.int64]) -> Floats | None:  # noqa: ARG002  the history says it all
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

    def contributions(self, whom: Whom, history: History, items: NDArray[np.int64]) -> Floats | None:
        """See `Scorer.contributions`; the weighted sum of the components', each on the scale it is blended in."""
        age_days = self._age_days(history)
        total = None
        for component in self.components:
            added, scores = component.scorer.contributions(whom, history, items), _scores(component.scorer, whom)
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


class Reason(NamedTuple):
    """What speaks most for a movie in a list."""

    item: int
    """Matrix row of a movie that the user rated."""
    contribution: float
    """What its rating adds to the score, on the scale of the scores; more than that of every other rating."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranked list and how it was made."""

    policy: Policy
    items: NDArray[np.int64]
    """Matrix rows, best first, shape (≤ k,)."""

    scores: Floats
    """Score of each, comparable within this list only."""

    reasons: list[Reason | None] | None = None
    """For each movie the rated one that speaks most for it, if one does; None when nobody asked for reasons."""


class Asked(NamedTuple):
    """A list that is asked for."""

    user_index: int | None
    """The user's row in the training data; None for a user who is not in it."""
    news: History | None = None
    """Ratings that the model may not have been trained on."""
    k: int = 10
    """Length of the list; it is shorter only when fewer candidates are left."""
    candidates: Mask | None = None
    """Movies that may appear, shape (n_movies,); None for all."""
    exclude_seen: bool = True
    """Leave out every movie that the user has rated."""
    reasons: bool = False
    """Tell which of the user's ratings speaks most for each movie."""


def recommend(
    model: RankingModel,
    user_index: int | None,
    news: History | None = None,
    k: int = 10,
    *,
    candidates: Mask | None = None,
    exclude_seen: bool = True,
    reasons: bool = False,
) -> Ranking:
    """Best `k` movies for a user; see `Asked` for what is given.

    Returns:
        The list. Equal scores are ordered by matrix row, so the same request always gets the same answer.
    """
    return recommend_many(model, [Asked(user_index, news, k, candidates, exclude_seen, reasons)])[0]


def recommend_many(model: RankingModel, asked: Sequence[Asked]) -> list[Ranking]:
    """A list for each of `asked`: what `recommend` makes of it alone, and faster than one by one."""
    histories, wants = zip(*(_want(model, each) for each in asked), strict=True) if asked else ((), ())
    rankings = [
        _popular(model, want) if best is None else Ranking(_policy(want), best.items, best.scores)
        for want, best in zip(wants, _best(model.scorer, wants), strict=True)
    ]
    return [
        replace(ranking, reasons=_reasons(model, want.whom, history, ranking)) if each.reasons else ranking
        for each, want, history, ranking in zip(asked, wants, histories, rankings, strict=True)
    ]


def _want(model: RankingModel, asked: Asked) -> tuple[History, Want]:
    """All that is known of the user, and what is wanted of the scorer."""
    user_index, news = asked.user_index, asked.news
    known = model.history(user_index)
    history = known if news is None else known.with_news(news)
    whom = history if user_index is None or history is not known else user_index
    excluded = history.items if asked.exclude_seen else np.empty(0, np.int32)
    return history, Want(whom, asked.k, excluded, asked.candidates)


def _policy(want: Want) -> Policy:
    return "fold_in" if isinstance(want.whom, History) else "learned"


def _popular(model: RankingModel, want: Want) -> Ranking:
    items = top_k(model.popularity, want.k, want.allowed(model.n_movies))
    return Ranking("popular", items, model.popularity[items])


def _best(scorer: Scorer | None, wants: Sequence[Want]) -> list[Best | None]:
    """The best by a scorer; None where it knows nothing of whom."""
    if isinstance(scorer, FactorScorer):
        return scorer.best(wants)
    return [None if scorer is None else _best_by_scores(scorer, want) for want in wants]


def _scores(scorer: Scorer, whom: Whom) -> Floats | None:
    return scorer.fold_in(whom) if isinstance(whom, History) else scorer.learned(whom)


def _best_by_scores(scorer: Scorer, want: Want) -> Best | None:
    scores = _scores(scorer, want.whom)
    if scores is None:
        return None
    items = top_k(scores, want.k, want.allowed(len(scores)))
    return Best(items, scores[items])


_AT_ONCE = 32
"""Users whose scores are in memory at a time."""

_FIRST = 2048
"""Movies with the longest factors, which are scored before it is known how many have to be."""

_PANEL = 64
"""Columns of a matrix that BLAS multiplies at full speed: it reads longer rows at half of it."""

_SEARCHABLE = 50
"""Of a list, with what it may not hold, longer than one in so many movies, a scan is no slower than a search."""

_WORTH_A_PRODUCT = 4
"""Users from which one product of matrices is faster than one of a matrix and a vector for each."""

_BLOCK = 16
"""Movies of which `top_k` looks at the best one only; smaller blocks bound better, larger ones are fewer."""


def top_k(scores: Floats, k: int, allowed: Mask) -> NDArray[np.int64]:
    """Rows of the `k` highest allowed scores, best first, ties by row; no score may be -inf."""
    masked = np.where(allowed, scores, np.float32(-np.inf))
    rows = _contenders(masked, _block_maxima(masked), k)
    return _best_of(rows, masked[rows], k).items


def _block_maxima(scores: Floats) -> Floats:
    """Highest score of each block, along the first axis; block b of n is of the rows b, b + n, b + 2n and so on.

    That way a block is a column: numpy finds the maxima of columns several times faster than those of short rows.
    """
    n_blocks = len(scores) // _BLOCK
    maxima: Floats = scores[: n_blocks * _BLOCK].reshape(_BLOCK, n_blocks, *scores.shape[1:]).max(axis=0)
    return maxima


def _bound(maxima: Floats, k: int) -> float:
    """What the k-th highest score reaches at least: the k-th highest of the maxima of blocks; -inf for too few."""
    n_blocks = len(maxima)
    return float(np.partition(maxima, n_blocks - k)[n_blocks - k]) if 0 < k <= n_blocks else -inf


def _contenders(scores: Floats, maxima: Floats, k: int, rounding: float = 0.0) -> NDArray[np.int64]:
    """Rows, rising, that hold the `k` highest of `scores` even if each is wrong by `rounding`; never one of -inf.

    The k-th highest of the maxima of blocks is a bound: at least k scores reach it, so the best k are among those that
    do. One pass over the catalogue finds them, and few are left to sort.
    """
    if k <= 0:
        return np.empty(0, np.int64)
    n_blocks = len(maxima)
    bound = _bound(maxima, k) - 2 * rounding
    if bound == -np.inf:
        return np.flatnonzero(scores > -np.inf)
    reaching = np.flatnonzero(maxima >= bound)
    within = (np.arange(_BLOCK)[:, None] * n_blocks + reaching).ravel()
    rows = np.concatenate([within, np.arange(_BLOCK * n_blocks, len(scores))])
    return np.sort(rows[scores[rows] >= bound])


def _best_of(rows: NDArray[np.int64], scores: Floats, k: int) -> Best:
    """The `k` highest scores of a few rows, which rise."""
    order = np.argsort(-scores, kind="stable")[:k]
    return Best(rows[order], scores[order])


def similar(model: RankingModel, item_index: int, k: int = 10) -> Ranking:
    """Movies nearest to one movie by what the model learned; by popularity when it learned nothing of nearness."""
    others = np.ones(model.n_movies, bool)
    others[item_index] = False
    nearness = None if model.scorer is None else model.scorer.similar(item_index)
    policy: Policy = "popular" if nearness is None else "learned"
    scores = model.popularity if nearness is None else nearness
    items = top_k(scores, k, others)
    return Ranking(policy, items, scores[items])


def _reasons(model: RankingModel, whom: Whom, history: History, ranking: Ranking) -> list[Reason | None]:
    """For each movie of a list what speaks most for it; None where nothing in the history does."""
    if model.scorer is None or ranking.policy == "popular" or len(ranking.items) == 0:
        return [None] * len(ranking.items)
    added = model.scorer.contributions(whom, history, ranking.items)
    if added is None:
        return [None] * len(ranking.items)
    # A movie that was rated may be listed again; it is no reason for itself.
    added[history.items[:, None] == ranking.items] = -np.inf
    best = added.argmax(axis=0)
    strongest = zip(history.items[best].tolist(), added[best, np.arange(len(best))].tolist(), strict=True)
    return [Reason(row, gain) if gain > 0 else None for row, gain in strongest]
