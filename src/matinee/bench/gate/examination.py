"""A candidate on one day, examined as evaluation examines it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from matinee.bench.gate.timeline import Timeline, of_its_people
from matinee.bench.gate.training import Trained, refitted, train
from matinee.evaluation import refresh
from matinee.evaluation.decision import Question
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.gate import decide, good_data
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
        verdict = decide(examined.checks, [self._newest_data], "1").verdict
        return verdict == "promote", examined.probe.likeness if examined.probe else None

    @cached_property
    def _users(self) -> Sequence[Case]:
        return self.timeline.cases(self.split)

    @cached_property
    def _second_fit(self) -> Contender:
        interactions, choices = self.candidate.interactions, self.candidate.choices
        return refitted(self.timeline, self.algorithm, interactions, choices, self.previous).fresh

    @cached_property
    def _newest_data(self) -> Question:
        rating, previous = self.timeline.positive_rating, self.previous.registered
        return good_data(refresh.of_newest_data(of_its_people(self.split), rating, previous, self._with))

    def _with(self, first: pl.DataFrame) -> Contender:
        """With the choices of before, so that the data make the difference."""
        ratings = pl.concat([self.split.past, first])
        interactions = self.timeline.interactions(ratings, self.timeline.begins(self.number + 1))
        return refitted(self.timeline, self.algorithm, interactions, self.previous.choices, self.previous).fresh
