"""A bounded share of a list's places for movies of which little is known, so that something becomes known of them.

Without it a movie that nobody has rated is rated by nobody. Only the server explores: evaluation, the gate and other
MLflow tools rank without it. With `MATINEE_EXPLORE=0`, the default, nothing here is asked, and lists stay to the byte.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from matinee.ranking import ListRequest, Ranking, Rows
from matinee.serving.answering.batching import RequestBatcher
from matinee.serving.model.served import ServedModel

N_POOL = 50
"""New movies that the model ranks best for somebody, of which each is as probable."""


@dataclass(frozen=True, slots=True)
class Explored:
    """What is in a list because it is new."""

    rows: tuple[int, ...] = ()
    """Matrix rows, as they follow one another in the list."""
    propensity: float | None = None
    """How probable each of them was to be in the list; None where none could be."""


NOTHING = Explored()


async def explore(
    batcher: RequestBatcher, served: ServedModel, request: ListRequest, ranking: Ranking, share: float, whom: object
) -> tuple[Ranking, Explored]:
    """A list with new movies in its last places, as many as `share` of its length in the mean, and never the first.

    The number is drawn, rounded up or down, and then that many of the `N_POOL` new movies that are ranked best, each as
    probable: the propensity is the expected number of places over the size of the pool. The same `whom` (a user and an
    hour, or a session) gets the same, from every worker.
    """
    k = len(ranking.items)
    if share <= 0 or k < 2 or request.is_reordered:
        return ranking, NOTHING
    pool = await _pool(batcher, served, request, ranking.items)
    n_pool = len(pool.items)
    if n_pool == 0:
        return ranking, NOTHING
    expected = min(share * k, k - 1, n_pool)
    random = np.random.default_rng(_seed(served, whom))
    n = int(expected) + (random.random() < expected % 1)
    chosen = np.sort(random.choice(n_pool, n, replace=False))
    explored = Explored(tuple(pool.items[chosen].tolist()), expected / n_pool)
    return _with_last(ranking, pool, chosen), explored


async def _pool(batcher: RequestBatcher, served: ServedModel, request: ListRequest, listed: Rows) -> Ranking:
    """The new movies that may be in the list and are not, best first."""
    candidates = served.new_movies.copy() if request.candidates is None else served.new_movies & request.candidates
    candidates[listed] = False
    return await batcher.recommend(served, request._replace(candidates=candidates, k=N_POOL, page=None))


def _with_last(ranking: Ranking, pool: Ranking, chosen: Rows) -> Ranking:
    kept = len(ranking.items) - len(chosen)
    reasons = None
    if ranking.reasons is not None:
        of_pool = pool.reasons or [None] * len(pool.items)
        reasons = [*ranking.reasons[:kept], *(of_pool[place] for place in chosen.tolist())]
    return replace(
        ranking,
        items=np.concatenate([ranking.items[:kept], pool.items[chosen]]),
        scores=np.concatenate([ranking.scores[:kept], pool.scores[chosen]]),
        reasons=reasons,
    )


def _seed(served: ServedModel, whom: object) -> int:
    digest = hashlib.blake2b(repr((whom, served.version, served.run_id)).encode(), digest_size=8).digest()
    return int.from_bytes(digest)
