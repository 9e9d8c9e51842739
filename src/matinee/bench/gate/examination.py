"""A candidate on one day, examined as evaluation examines it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from matinee import artifact
from matinee.bench.gate.timeline import Timeline
from matinee.evaluation import refresh
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.gate import decide, good_data
from matinee.evaluation.soundness import Likeness
from matinee.evaluation.split import Split, cases
from matinee.models.base import Fitted, Interactions, fit, recommender


@dataclass(frozen=True)
class Examination:
    """A day on which a candidate is examined."""

    timeline: Timeline
    algorithm: str
    number: int
    split: Split
    previous: Contender
    past: Sequence[Likeness]

    @property
    def interactions(self) -> Interactions:
        """What the candidate is to learn."""
        return self.timeline.interactions(pl.concat(self.split), self.timeline.begins(self.number + 1))

    def verdict(self, candidate: Contender, split: Split | None = None) -> tuple[bool, Likeness | None]:
        """Whether the gate lets it in, and how much its lists resemble those of the day before.

        Args:
            candidate: the model.
            split: past and chunk as the loop sees them; None for those of the day.
        """
        split, rating = split or self.split, self.timeline.positive_rating
        users = list(cases(split, rating))
        examined = refresh.examine(
            candidate, self.previous, split, users, self.past, lambda: self._fitted(pl.concat(split))
        )
        rest = refresh.of_newest_data(
            split, rating, self.previous, lambda first: self._fitted(pl.concat([split.past, first]))
        )
        verdict = decide(examined.checks, [good_data(rest)], "1").verdict
        return verdict == "promote", examined.probe.likeness if examined.probe else None

    def _fitted(self, ratings: pl.DataFrame) -> Contender:
        interactions = self.timeline.interactions(ratings, self.timeline.begins(self.number + 1))
        model = fit(recommender(self.algorithm), interactions).ranking_model()
        return Contender.of(model, interactions.user_ids, interactions.movie_ids)


def registered(timeline: Timeline, algorithm: str, fitted: Fitted, interactions: Interactions) -> Contender:
    """A fitted model as the server loads it: from the bytes of its artifact."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / artifact.FOLDER
        artifact.write(target, fitted.contents(algorithm, interactions, 1), timeline.movies)
        loaded = artifact.load(target)
    return Contender(loaded.model, dict(loaded.user_index), loaded.item_index)
