"""What a command works with: each store is built at most once, and only when a stage asks for it.

What only some stages need is imported by the first that asks for it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from matinee.lifecycle.history import History
from matinee.ratings.database import engine
from matinee.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from matinee.drift.records import StatisticsStore
    from matinee.lifecycle.challengers import ChallengerStore
    from matinee.lifecycle.comparisons import Comparisons
    from matinee.lifecycle.freshness import FreshnessStore
    from matinee.lifecycle.production import Production
    from matinee.lifecycle.registry import Registry
    from matinee.ratings.feedback.store import FeedbackStore
    from matinee.ratings.ledger.ledger import ChunkLedger
    from matinee.ratings.sources.source import Source


@dataclass(frozen=True)
class Stores:
    """The stores of one home, for as long as one command runs."""

    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> "Stores":
        """The stores that the settings name; nothing is opened yet."""
        return cls(settings)

    @cached_property
    def source(self) -> "Source":
        """The prepared source of ratings; raises what `prepare` raises."""
        from matinee.ratings.sources.source import prepare

        return prepare(self.settings)

    @cached_property
    def _whole_source(self) -> "Source":
        """The same, its tables verified: what is closed stays, so that no chunk may come of damaged ones."""
        from matinee.ratings.sources.source import prepare

        return self.source if self.source.is_whole() else prepare(self.settings, verify=True)

    @cached_property
    def movies(self) -> "pl.DataFrame":
        """The whole catalogue (`catalogue.MOVIES`): the source's, by id, with what people changed by hand."""
        from matinee.catalogue.changes import changed
        from matinee.ratings.movie_changes import MovieChanges

        return changed(self.source.movies(), MovieChanges(self.settings).movies())

    @cached_property
    def ledger(self) -> "ChunkLedger":
        """The chunks of ratings."""
        from matinee.ratings.ledger.ledger import ChunkLedger

        return ChunkLedger(self.settings, source=lambda: self._whole_source)

    @cached_property
    def feedback(self) -> "FeedbackStore":
        """What people said live."""
        from matinee.ratings.feedback.store import FeedbackStore

        return FeedbackStore(self.settings)

    @cached_property
    def statistics(self) -> "StatisticsStore":
        """What the data watch found in each chunk, and what people decided."""
        from matinee.drift.records import StatisticsStore

        return StatisticsStore(self.settings)

    @cached_property
    def history(self) -> History:
        """Who moved which version, when and why."""
        return History(self.settings)

    @cached_property
    def comparisons(self) -> "Comparisons":
        """What models gave the same people."""
        from matinee.lifecycle.comparisons import Comparisons

        return Comparisons(self.settings)

    @cached_property
    def challengers(self) -> "ChallengerStore":
        """Where challengers stand."""
        from matinee.lifecycle.challengers import ChallengerStore

        return ChallengerStore(self.settings)

    @cached_property
    def freshness(self) -> "FreshnessStore":
        """What a day of learning is worth."""
        from matinee.lifecycle.freshness import FreshnessStore

        return FreshnessStore(self.settings)

    @cached_property
    def registry(self) -> "Registry":
        """Runs and versions in MLflow; raises `DependencyUnreachable` when MLflow does not answer."""
        from matinee.lifecycle.registry import Registry

        return Registry(self.settings)

    @cached_property
    def production(self) -> "Production":
        """What is in production, and every way in which that changes."""
        from matinee.lifecycle.custody import Custody
        from matinee.lifecycle.lease import Lease
        from matinee.lifecycle.production import Production

        custody = Custody(self.registry, self.history, self.settings.home / "serving")
        return Production(self.registry, self.history, Lease(engine(self.settings)), custody)

    @property
    def not_learned_from(self) -> set[int]:
        """Ids of the chunks that no model learns from: refused by the data watch, or left out by somebody."""
        return self.statistics.not_learned_from(self.settings.watch)
