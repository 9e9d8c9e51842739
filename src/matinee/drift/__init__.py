"""The data watch: what a chunk is beside its past, before anything is learned from it."""

from matinee.drift.data_watch import Watched, watch
from matinee.drift.records import ChunkDecision, ChunkStatistics, Decision, StatisticsStore, Verdict

__all__ = ["ChunkDecision", "ChunkStatistics", "Decision", "StatisticsStore", "Verdict", "Watched", "watch"]
