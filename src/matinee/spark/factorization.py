"""Spark's implicit ALS with the parameters of ours.

Both minimize Σ c (p - xᵀy)² over all users and movies (Hu, Koren & Volinsky, 2008), with two differences:

- A like of weight w has the confidence αw here, and 1 + α'r at Spark. So Spark gets r = αw - 1 and α' = 1; at least
  `LEAST`, because there a like of confidence 1 is none.
- λ is added to each row alike here; Spark's ALS-WR (Zhou et al., 2008) adds λ' times the number of likes of the row.
  The same strength has λ' = λ / √(n̄ᵤ n̄ᵢ), n̄ the mean number of likes of a like's user and of its movie: user and
  item factors may be scaled against each other, so only the product of both strengths counts. They are then scaled so
  that a user of n̄ᵤ likes folds in with λ itself, which is what the server does.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame

from matinee.models.computation import Factorization
from matinee.models.interactions import Interactions
from matinee.ranking import Floats

LIKES = "user int, item int, strength float"
LEAST = 1e-6
CHECKPOINT_INTERVAL = 5
"""Iterations after which ALS writes its factors down, so that a lost executor costs no more than these."""

_LIKES = pa.schema([("user", pa.int32()), ("item", pa.int32()), ("strength", pa.float32())])


def likes_of(interactions: Interactions, alpha: float, partition: int, n_partitions: int) -> Iterator[pa.RecordBatch]:
    """Likes of the users of one partition, as Spark's ALS takes them.

    Args:
        interactions: of these users.
        alpha: see `models.als.ALS`.
        partition: number of the partition. Each user gets an integer that nobody else has; which one does not matter,
            because user factors are those of the fold-in.
        n_partitions: how many there are.
    """
    likes = interactions.user_items().tocoo()
    users = (likes.row.astype(np.int64) * n_partitions + partition).astype(np.int32)
    strength = np.maximum(alpha * likes.data - 1, LEAST).astype(np.float32)
    yield pa.RecordBatch.from_arrays([pa.array(users), pa.array(likes.col), pa.array(strength)], schema=_LIKES)


def factors_of(likes: DataFrame, problem: Factorization, interactions: Interactions, n_blocks: int) -> Floats:
    """Item factors of the likes, as of `Computation.item_factors`.

    Args:
        likes: `LIKES` of all users.
        problem: what to minimize; where it would start is not looked at.
        interactions: the same likes, in this process.
        n_blocks: blocks into which users and movies are divided.
    """
    of_user, of_item = mean_likes(interactions)
    algorithm = ALS(
        rank=problem.factors,
        maxIter=problem.iterations,
        regParam=problem.regularization / (of_user * of_item) ** 0.5,
        implicitPrefs=True,
        alpha=1.0,
        userCol="user",
        itemCol="item",
        ratingCol="strength",
        seed=problem.seed,
        numUserBlocks=n_blocks,
        numItemBlocks=n_blocks,
        checkpointInterval=CHECKPOINT_INTERVAL,
    )
    found = algorithm.fit(likes).itemFactors.toArrow()
    factors = np.zeros((interactions.n_movies, problem.factors), np.float32)
    values = found["features"].combine_chunks().flatten().to_numpy()
    factors[found["id"].to_numpy()] = values.reshape(-1, problem.factors)
    return factors * np.float32((of_item / of_user) ** 0.25)


def mean_likes(interactions: Interactions) -> tuple[float, float]:
    """How many likes the user and the movie of a like have on average, Σn² / Σn; 1 where nobody likes anything."""
    likes = interactions.user_items()
    of_user, of_item = (np.asarray(each, np.float64) for each in (np.diff(likes.indptr), np.bincount(likes.indices)))
    total = max(1.0, float(of_user.sum()))
    return max(1.0, float(of_user @ of_user) / total), max(1.0, float(of_item @ of_item) / total)
