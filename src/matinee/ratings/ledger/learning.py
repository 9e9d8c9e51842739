"""What is learned of chunks, for a process elsewhere: it reads the files from storage and asks no database."""

from dataclasses import dataclass

import polars as pl

from matinee.ratings.events import event_weights, learned
from matinee.ratings.feedback.withdrawals import Withdrawals
from matinee.ratings.ledger.chunks import Chunk
from matinee.ratings.ledger.files import ChunkFiles
from matinee.settings import Settings


@dataclass(frozen=True)
class LearnedChunks:
    """Closed chunks, and all that it takes to read them as `ChunkLedger.ratings_through` does."""

    settings: Settings
    """Where the files are, and what events count; without passwords."""
    chunks: tuple[Chunk, ...]
    withdrawals: Withdrawals

    def read(self, chunk: Chunk) -> pl.DataFrame:
        """What is learned of one chunk: `CHUNK`, `weight` and `chunk_id`, in its order.

        Raises:
            Damaged: its file is missing, or is not the one that the ledger knows.
        """
        held = self.withdrawals.cover(ChunkFiles(self.settings).read(chunk).lazy())
        return learned(held, event_weights(self.settings)).collect()
