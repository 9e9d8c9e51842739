"""Stage 3: score what was fitted before the newest chunk on it, examine the new model, and decide."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import polars as pl

from matinee.errors import BadData
from matinee.evaluation import gate, refresh
from matinee.evaluation.backtest import CANDIDATE, INCUMBENT, Backtest, backtest, popularity_baselines
from matinee.evaluation.decision import Decision, Question, QuestionName
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.evidence import level
from matinee.evaluation.sample import MOST_RATINGS, with_and_without
from matinee.evaluation.soundness import Likeness, known_users
from matinee.lifecycle.challengers import pair_of
from matinee.lifecycle.comparisons import Compared
from matinee.lifecycle.registry import ModelVersion, TrainingRun
from matinee.models.choices import Choices, chosen
from matinee.models.recommender import fit, recommender
from matinee.stages import Result
from matinee.stages.choices import choices_before
from matinee.stages.contest import alpha_of, champion_run, is_sound, rivals, sound_trainings
from matinee.stages.damage import compare_with_before
from matinee.stages.loading import HARMED, SOUND, loaded_incumbent, loaded_model
from matinee.stages.stores import Stores
from matinee.stages.tested_chunk import TestedChunk
from matinee.stages.train import interactions_of

OVERLAP, RBO = "likeness_overlap", "likeness_rbo"
"""Metrics of a run: how its lists resembled those of the model before it."""

_SIDES = (CANDIDATE, INCUMBENT)


def evaluate_model(stores: Stores, run_id: str) -> Result:
    """Score the models of yesterday on the newest chunk, examine the one that has learned it, and decide.

    The logged model has seen the chunk. So the metrics are of the model of its configuration that has not: yesterday's,
    or, where there is none, a twin that is fitted on the past.
    """
    run = stores.registry.training_run(run_id)
    if run.verdict is None:
        run = evaluate_again(stores, run)
    return {"run_id": run_id, "verdict": run.verdict, "reason": run.reason, "metrics": run.metrics}


def evaluate_again(stores: Stores, run: TrainingRun) -> TrainingRun:
    """Evaluate a training, whether or not it was evaluated before, against what is in production now."""
    evaluation = Evaluation(stores, run, stores.registry.production())
    tested = evaluation.tested
    decision = evaluation.decision()
    sound = _is_sound(decision) and not evaluation.is_harmed  # the next model is not to resemble one that learned harm
    found = {SOUND: float(sound), HARMED: float(evaluation.is_harmed)}
    metrics = {**tested.metrics(), **evaluation.likeness, **found}
    stores.registry.log_evaluation(run, metrics, tested.per_user, decision)
    return stores.registry.training_run(run.run_id)


@dataclass(frozen=True)
class Evaluation:
    """One training beside what is in production."""

    stores: Stores
    run: TrainingRun
    current: ModelVersion | None

    @cached_property
    def chunk(self) -> TestedChunk:
        """What the models are compared on."""
        return TestedChunk(self.stores, self.run.chunk_id)

    @cached_property
    def candidate(self) -> Contender:
        """The registered bytes; raises `BadData` when they do not load."""
        return loaded_model(self.stores.registry, self.run)

    @cached_property
    def previous(self) -> Contender | None:
        """A model of the candidate's configuration that has not learned the chunk; a twin where none is kept."""
        if not self.chunk.has_past:
            return None
        if self._kept is not None:
            return self._kept[1]
        return self._fitted(self.chunk.past, self.chunk.past_ends_at, self._choices_before)

    @cached_property
    def incumbent(self) -> Contender | None:
        """What is in production, if it loads and has not learned the chunk; what stands for it otherwise."""
        if self.current is None:
            return None
        return self._production or self.previous

    @cached_property
    def _kept(self) -> tuple[str, Contender] | None:
        """The newest earlier model of the candidate's configuration that loads, and its run id."""
        for earlier in self._sound_before():
            try:
                return earlier.run_id, loaded_model(self.stores.registry, earlier)
            except BadData:
                continue
        return None

    def _sound_before(self) -> Iterator[TrainingRun]:
        """Newest first: almost always the chunk before has one, and those of the last weeks are not read."""
        yield from filter(is_sound, self.stores.registry.trainings_on(self.run, self.run.chunk_id - 1))
        yield from self._earlier_sound

    @cached_property
    def _production(self) -> Contender | None:
        """What is in production, if it loads and has not learned the chunk; on an ordinary day `_kept` is the same."""
        if self._kept is not None and self.current is not None and self._kept[0] == self.current.run_id:
            return self._kept[1]
        loaded = loaded_incumbent(self.stores.registry, self.current, self.run.chunk_id)
        return None if loaded is None else Contender(loaded.model, loaded.user_index, loaded.item_index)

    @cached_property
    def tested(self) -> Backtest:
        """Yesterday's models and the baselines on the chunk; empty when nobody can be evaluated."""
        if not self.chunk.users or self.previous is None:
            return Backtest.nobody()
        popularity, movies = self.chunk.popularity, self.stores.movies["movie_id"].to_list()
        contenders = self._contenders(self.previous) | popularity_baselines(popularity, self.chunk.recent, movies)
        version = self.current.version if self.current else None
        return backtest(self.chunk.users, contenders, popularity, len(movies), self.run.chunk_id, version)

    def _contenders(self, previous: Contender) -> dict[str, Contender]:
        """A challenger stands beside the champion through the same chunk, where there are both."""
        if self.run.is_challenger:
            return {CANDIDATE: previous} if self._rivals is None else dict(zip(_SIDES, self._rivals, strict=True))
        return {CANDIDATE: previous} | ({} if self.incumbent is None else {INCUMBENT: self.incumbent})

    @cached_property
    def _rivals(self) -> tuple[Contender, Contender] | None:
        return None if self._champion is None else rivals(self.stores, self.run, self._champion)

    @property
    def likeness(self) -> dict[str, float]:
        """Of the candidate with the model before it, by the names of the run's metrics."""
        found = self._examined.probe.likeness if self._examined and self._examined.probe else None
        return {} if found is None else {OVERLAP: found.overlap, RBO: found.rbo}

    def decision(self) -> Decision:
        """What follows from all of it."""
        version = self.current.version if self.current else None
        if self.stores.settings.gate == "off":
            return gate.switched_off(version)
        if self._examined is None:
            return gate.unloadable(self._why_not_loaded, version)
        questions = [self._good_data(), self._better_algorithm(), self._held()]
        needs: list[QuestionName] = ["better algorithm"] if self._is_other else []
        needs += ["held"] if self._is_held else []
        return gate.decide(self._examined.checks, questions, version, self._numbers, needs)

    @cached_property
    def _why_not_loaded(self) -> str:
        try:
            _ = self.candidate
        except BadData as error:
            return str(error)
        return ""

    @cached_property
    def _examined(self) -> refresh.Examined | None:
        """None when the candidate does not load."""
        if self._why_not_loaded:
            return None
        asked_for = self._earlier_sound if self.stores.settings.gate == "on" else []  # else nothing is decided
        past = [
            Likeness(earlier.metrics[OVERLAP], earlier.metrics[RBO])
            for earlier in reversed(asked_for)
            if OVERLAP in earlier.metrics
        ]
        asked = known_users(self.candidate, self.previous, self.chunk.user_ids)
        return refresh.examine(
            self.candidate,
            self.previous,
            self.chunk.learned_of(asked),
            self.chunk.users,
            past,
            lambda: self._fitted(self.chunk.through(), self.chunk.ends_at, self.run.choices),
        )

    def _good_data(self) -> Question:
        return self._damage or self._newest_data

    @property
    def is_harmed(self) -> bool:
        """Whether its newest chunk does harm, and not what serves already."""
        asked = self.stores.settings.gate == "on" and self._examined is not None and self._damage is None
        return asked and self._newest_data.outcome == "failed"

    @cached_property
    def _damage(self) -> Question | None:
        return compare_with_before(self.stores, self.run, self.current, self.incumbent, self.chunk.users)

    @cached_property
    def _newest_data(self) -> Question:
        if self.previous is None:
            return gate.good_data(None)
        rating, previous = self.stores.settings.positive_rating, self.previous
        rest = refresh.of_newest_data(self.chunk.split, rating, lambda first: self._with_and_without(first, previous))
        return gate.good_data(rest, is_of_a_sample=self._is_asked_of_a_sample)

    @property
    def _is_asked_of_a_sample(self) -> bool:
        return self.chunk.n_ratings > MOST_RATINGS

    def _with_and_without(self, first: pl.DataFrame, previous: Contender) -> tuple[Contender, Contender]:
        """Of all people with the first ratings of the chunk, beside the model before; of a sample, both are fitted."""
        chunk, choices = self.chunk, self._choices_before
        if not self._is_asked_of_a_sample:
            return self._fitted(chunk.after(first), chunk.ends_at, choices), previous
        return with_and_without(
            chunk.sampled_past,
            first,
            chunk.past_ends_at,
            chunk.ends_at,
            lambda ratings, through, memory_bytes: self._fitted(ratings.lazy(), through, choices, memory_bytes),
        )

    def _better_algorithm(self) -> Question:
        """Asked when the candidate is a challenger, or of another algorithm than the champion."""
        if not self._is_other or self._champion is None:
            return Question.not_asked("better algorithm", "the candidate has the algorithm of the model in production")
        pair = pair_of(self.run.configuration, self._champion.configuration)
        compared, alpha = self._compared(pair), alpha_of(self.stores, pair, self.run, self._champion)
        return gate.shown("better algorithm", self.run.specification, compared.differences, compared.other_mean, alpha)

    def _held(self) -> Question:
        """Asked when somebody has gone back to what is in production; answered by the candidates since then."""
        if not self._is_held or self.current is None:
            return Question.not_asked("held", "nobody went back to the model in production")
        if self.run.is_challenger:
            waits = "production is held, and challengers wait for the end of that"
            return Question(name="held", asked=True, outcome="undecided", finding=waits)
        held = self.stores.history.gone_back_to(self.current.version)
        compared = self._compared(f"{self.run.configuration} against held version {held}")
        return gate.shown("held", "the refreshed model", compared.differences, compared.other_mean, self._level)

    @property
    def _is_other(self) -> bool:
        return self.run.is_challenger or (self._champion is not None and self._champion.algorithm != self.run.algorithm)

    @property
    def _is_held(self) -> bool:
        return self.current is not None and self.stores.history.is_held(self.current.version)

    @property
    def _level(self) -> float:
        return level(gate.WIN_LEVEL, 1)

    def _compared(self, pair: str) -> Compared:
        """All evidence of a pair, with that of this chunk: yesterday's candidate against what is in production."""
        comparisons, per_user = self.stores.comparisons, self.tested.per_user
        own, other = (per_user.filter(contender=name) for name in (CANDIDATE, INCUMBENT))
        both = own.select("user_id", gate.METRIC).join(other.select("user_id", gate.METRIC), on="user_id")
        values = {user: (mine, its) for user, mine, its in both.iter_rows()}
        segments = dict(own.select("user_id", "segment").iter_rows())
        comparisons.keep(pair, self.run.chunk_id, self.chunk.ends_at, values, segments)
        return comparisons.of(pair)

    @cached_property
    def _champion(self) -> TrainingRun | None:
        return champion_run(self.stores, self.current)

    @cached_property
    def _earlier_sound(self) -> list[TrainingRun]:
        return sound_trainings(self.stores, self.run)

    @property
    def _numbers(self) -> dict[str, float]:
        metrics = self.tested.metrics()
        named = {"candidate": "ndcg_at_10", "incumbent": "incumbent_ndcg_at_10", "popularity": "popularity_ndcg_at_10"}
        return {"n_users": float(len(self.chunk.users))} | {
            name: metrics[metric] for name, metric in named.items() if metric in metrics
        }

    @cached_property
    def _choices_before(self) -> Choices | None:
        return choices_before(self.stores, self.run)

    def _fitted(
        self, ratings: pl.LazyFrame, through: datetime, choices: Choices | None, memory_bytes: int | None = None
    ) -> Contender:
        """The candidate's algorithm fitted here, as `train` fits it, with choices that were made."""
        interactions = interactions_of(self.stores, ratings, through)
        if memory_bytes is not None:
            interactions = replace(interactions, memory_bytes=min(memory_bytes, interactions.memory_bytes))
        algorithm = chosen(recommender(self.run.algorithm, self.run.hyperparameters), choices)
        model = fit(algorithm, interactions, self._production).ranking_model()
        return Contender.of(model, interactions.user_ids, interactions.movie_ids)


def _is_sound(decision: Decision) -> bool:
    return all(check.passed for check in decision.checks)
