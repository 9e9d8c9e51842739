"""From the order of a model to a rarer or a more popular one, and to one of more different movies.

**Rarity** r, from -1 (popular) to 1 (rare). With z for what is brought to mean 0 and deviation 1 over the catalogue:

    scoreⱼ = (1 - |r| / 2) z(score)ⱼ + r / 2 · z(I)ⱼ,   Iⱼ = -log₂((popularityⱼ + 1) / Σ (popularity + 1))

I is the self-information of a movie, the measure of novelty of Zhou et al., "Solving the apparent diversity-accuracy
dilemma of recommender systems" (2010). A weighted sum of relevance and another aim is how Abdollahpouri, Burke &
Mobasher re-rank in "Managing popularity bias in recommender systems with personalized re-ranking" (2019).

**Diversity** d, from 0 (similar) to 1 (diverse): maximal marginal relevance (Carbonell & Goldstein, "The use of MMR,
diversity-based reranking", 1998). Of the `POOL` best movies, one after another is taken that is best by

    (1 - d / 2) relevanceⱼ - d / 2 · max sim(j, i)   over the movies i that were taken before

Relevance is the score, brought to 0 to 1 within the pool. Two movies are alike when the same ratings of the user speak
for them: sim is the cosine of their explanations (Yu, Lakshmanan & Amer-Yahia, "It takes variety to make a world:
diversifying recommendations using explanations", 2009), and 0 where it is negative. So it needs no data about movies.
A list by popularity has no explanations and stays as it is.

Neither looks at how long the list is, so a longer one begins with the shorter one. `docs/lists.md` has what they cost
and bring.
"""

from collections.abc import Callable

import numpy as np

from .request import ListRequest
from .topk import top_k
from .types import Floats, Mask, Rows

POOL = 100
"""Movies among which diversity chooses; what is asked for beyond them follows by score."""

STRENGTH = np.float32(0.5)
"""Weight of the other aim at the end of a slider: as much as the model's own order."""

Explain = Callable[[Rows], Floats | None]
"""See `Scored.explain`."""


def reordered(
    scores: Floats, popularity: Floats, allowed: Mask, request: ListRequest, explain: Explain
) -> tuple[Rows, Floats]:
    """Rows of the best `request.k` allowed movies by its sliders, best first, and what they were ranked by.

    Args:
        scores: of the model, shape (n_movies,).
        popularity: of each movie, not negative, shape (n_movies,).
        allowed: movies that may be in the list, shape (n_movies,).
        request: whose `rarity` and `diversity` count.
        explain: tells what speaks for movies.
    """
    if request.rarity:
        scores = _rarer(scores, popularity, np.float32(request.rarity))
    items = top_k(scores, max(request.k, POOL) if request.diversity else request.k, allowed)
    if not request.diversity or len(items) == 0:
        return items, scores[items]
    explained = explain(items[:POOL])
    if explained is None:
        return items[: request.k], scores[items[: request.k]]
    return _diverse(items, scores[items], _likeness(explained), request)


def _rarer(scores: Floats, popularity: Floats, rarity: np.float32) -> Floats:
    smoothed = popularity + np.float32(1)
    information = -np.log2(smoothed / smoothed.sum())
    weight = rarity * STRENGTH
    return (1 - abs(weight)) * _standardized(scores) + weight * _standardized(information)


def _diverse(items: Rows, scores: Floats, likeness: Floats, request: ListRequest) -> tuple[Rows, Floats]:
    """Maximal marginal relevance among the movies of `likeness`; those behind them count as if they were like these."""
    n_pool, weight = len(likeness), np.float32(request.diversity) * STRENGTH
    low, high = scores[n_pool - 1], scores[0]
    values = (1 - weight) * (scores - low) / max(high - low, np.finfo(np.float32).tiny)
    order, marginal = _marginal_order(values[:n_pool], weight * likeness, min(request.k, n_pool))
    return np.concatenate([items[order], items[n_pool:]]), np.concatenate([marginal, values[n_pool:] - weight])


def _marginal_order(values: Floats, penalties: Floats, k: int) -> tuple[Rows, Floats]:
    """Places of `k` movies, each the best by its value less the highest penalty of those before it, and that margin.

    Args:
        values: shape (n,).
        penalties: of each movie once another one was taken, shape (n, n).
        k: at most n.
    """
    left, penalty = values.copy(), np.zeros_like(values)
    order, margins = np.empty(k, np.int64), np.empty(k, np.float32)
    for place in range(k):
        margin = left - penalty
        best = int(margin.argmax())
        order[place], margins[place] = best, margin[best]
        left[best] = -np.inf
        np.maximum(penalty, penalties[best], out=penalty)
    return order, margins


def _likeness(explained: Floats) -> Floats:
    """Cosine of what speaks for each two movies, 0 where it is negative; `explained` as `Scored.explain` gives it."""
    lengths = np.sqrt(np.einsum("ij,ij->j", explained, explained))
    directions = explained / np.where(lengths > 0, lengths, np.float32(1))
    likeness: Floats = np.clip(directions.T @ directions, 0, 1)
    return likeness


def _standardized(values: Floats) -> Floats:
    deviation = values.std() or np.float32(1)
    standardized: Floats = (values - values.mean()) / deviation
    return standardized
