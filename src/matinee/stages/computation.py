"""Where a training computes: in its own process, or by Spark (`MATINEE_TRAINER`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from matinee.errors import UsageError
from matinee.models.computation import Computation, InProcess
from matinee.stages.stores import Stores


@contextmanager
def computation_of(stores: Stores, chunk_id: int) -> Iterator[Computation]:
    """The computation over all chunks up to one that are learned from, until the block ends.

    Raises:
        UsageError: Spark is set and not installed.
        DependencyUnreachable, CannotAfford: Spark has no Java, no cluster or too little memory.
    """
    if stores.settings.trainer == "local":
        yield InProcess()
        return
    try:
        from matinee.spark.training import spark_computation  # noqa: PLC0415  half a gigabyte that few have installed
    except ImportError as error:
        raise UsageError(
            f"Spark is not installed: {error}.", "Run `pip install 'matinee[spark]'`, or set MATINEE_TRAINER=local."
        ) from error
    chunks = stores.ledger.learned_chunks(chunk_id, stores.not_learned_from)
    with spark_computation(stores.settings, chunks) as computation:
        yield computation
