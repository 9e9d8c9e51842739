"""Chunks: the ratings of one period each, and who has taken which."""

from matinee.ratings.importing.schema import CHUNK
from matinee.ratings.ledger.chunks import Chunk
from matinee.ratings.ledger.ledger import ChunkLedger, Taken
from matinee.ratings.ledger.periods import Period

__all__ = ["CHUNK", "Chunk", "ChunkLedger", "Period", "Taken"]
