"""What a training calls: a session with the chunks that it learns from."""

from collections.abc import Iterator
from contextlib import contextmanager

from matinee.ratings.ledger.learning import LearnedChunks
from matinee.settings import Settings
from matinee.spark.computation import SparkComputation
from matinee.spark.session import spark_session


@contextmanager
def spark_computation(settings: Settings, chunks: LearnedChunks) -> Iterator[SparkComputation]:
    """Spark's computation over the chunks, until the block ends; raises what `spark_session` raises."""
    with spark_session(settings) as session:
        yield SparkComputation.of(session, chunks)
