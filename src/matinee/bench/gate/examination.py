"""A candidate on one day, examined as evaluation examines it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import polars as pl

from matinee.bench.gate.timeline import Timeline, of_its_people
from matinee.bench.gate.training import Trained, refitted, train
from matinee.evaluation import refresh
from matinee.evaluation.decision import Question
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.gate import decide, good_data
from matinee.evaluation.sample import people_sampled, with_and_without
from matinee.evaluation.soundness import Likeness
from matinee.evaluation.split import Case, Split


@dataclass(frozen=True)
class Examination:
    """A day on which candidates are examined; what does not depend on the candidate is found once."""

    timeline: Timeline
    algorithm: str
    number: int
    split: Split
    """Past and chunk as the loop sees them."""
    previous: Trained
    past: Sequence[Likeness]

    @cached_property
    def candidate(self) -> Trained:
        """The day's model, which is not broken."""
        return train(self.timeline, self.algorithm, pl.concat(self.split), self.number, self.previous)

    def verdict(self, candidate: Contender) -> tuple[bool, Likeness | None]:
        """Whether the gate lets it in, and how much its lists resemble those of the day before."""
        previous, users = self.previous.registered, self._users
        examined = refresh.examine(candidate, previous, self.split, users, self.past, lambda: self._second_fit)
        verdict = decide(examined.checks, [self.newest_data], "1").verdict
        return verdict == "promote", examined.probe.likeness if examined.probe else None

    @cached_property
    def _users(self) -> Sequence[Case]:
        return self.timeline.cases(self.split)

    @cached_property
    def _second_fit(self) -> Contender:
        interactions, choices = self.candidate.interactions, self.candidate.choices
        return refitted(self.timeline, self.algorithm, interactions, choices, self.previous).fresh

    @cached_property
    def newest_data(self) -> Question:
        """The gate's second question, whether the chunk does harm."""
        rating = self.timeline.positive_rating
        return good_data(refresh.of_newest_data(of_its_people(self.split), rating, self._with_and_without))

    def _with_and_without(self, first: pl.DataFrame) -> tuple[Contender, Contender]:
        """With the choices of before, so that the data make the difference."""
        past, begins, ends = self.split.past, *map(self.timeline.begins, (self.number, self.number + 1))
        n_ratings, most = past.height + self.split.holdout.height, self.timeline.most_refitted
        if n_ratings <= most:
            return self._fitted(pl.concat([past, first]), ends), self.previous.registered
        sampled = people_sampled(past.lazy(), set(self.split.holdout["user_id"]), most / n_ratings)
        return with_and_without(sampled, first, begins, ends, self._fitted)

    def _fitted(self, ratings: pl.DataFrame, through: datetime, memory_bytes: int | None = None) -> Contender:
        interactions = self.timeline.interactions(ratings, through)
        if memory_bytes is not None:
            interactions = replace(interactions, memory_bytes=min(memory_bytes, interactions.memory_bytes))
        return refitted(self.timeline, self.algorithm, interactions, self.previous.choices, self.previous).fresh
