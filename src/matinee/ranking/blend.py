"""A weighted sum of other scorers' scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import NamedTuple

import numpy as np

from .content import Content, ContentScorer
from .parts import Parts
from .request import NOBODY, ListRequest, UserRef
from .scorer import Scored, Scorer, TopK, top_one_by_one
from .types import Floats, Mask, Rows

NEGLIGIBLE = 1e-6
"""Weight up to which a component that has faded is not even asked."""


class Component(NamedTuple):
    """One voice of a blend."""

    weight: float
    scorer: Scorer
    fresh_days: float = inf
    """Days in which the weight falls to 1/e after a user's newest rating; `inf` for a component that never fades."""

    def weight_at(self, age_days: float) -> np.float32:
        """Weight for a history whose newest rating is so old."""
        return np.float32(self.weight * np.exp(-age_days / self.fresh_days))


@dataclass(frozen=True)
class BlendScorer:
    """A weighted sum of scores, the personal ones brought to mean 0 and deviation 1 over the catalogue.

    Popularity stays on its own scale, which is the same for everyone and every day. A component may count only while
    a history is fresh: what somebody has just liked says what comes next in this sitting, and little about another
    day. How old it is depends on when the list is asked for (`UserRef.now`), not on when the model was trained: a model
    that has not been replaced for weeks must not take for fresh what was rated weeks ago.
    """

    components: Sequence[Component]

    data_through: float
    """End of the training data, in seconds since 1970 (UTC): when a list is asked for, unless the request says."""

    is_personal = True
    benefits_from_batching = False

    @classmethod
    def from_parts(cls, parts: Parts) -> "BlendScorer":
        """From each component's arrays and parameters `position.kind.name`, and its weight, `position.kind`.

        A component that fades has `position.kind.fresh_days`, and the blend `data_through`.
        """
        components = []
        for name in sorted(name for name in parts.parameters if name.count(".") == 1):
            fades = f"{name}.fresh_days" in parts.parameters
            fresh_days = parts.positive(f"{name}.fresh_days") if fades else inf
            scorer = parts.below(name).scorer(name.split(".")[1])
            components.append(Component(float(parts.parameters[name]), scorer, fresh_days))
        return cls(components, float(parts.parameters.get("data_through", 0)))

    def score(self, user: UserRef) -> Scored | None:
        """See `Scorer.score`; None for a user of whom no component but popularity knows anything."""
        age_days, total, terms = self._age_days(user), self._unfading_popularity, []
        for component in self._others:
            weight = component.weight_at(age_days)
            scored = component.scorer.score(user) if abs(weight) > NEGLIGIBLE else None
            if scored is None:
                continue
            if component.scorer.is_personal:
                centred, deviation = standardized(scored.scores)
                total = total + weight * centred
                terms.append((weight / deviation, scored))
            else:
                total = total + weight * scored.scores
        return _BlendScored(total, terms) if terms else None

    @cached_property
    def _others(self) -> Sequence[Component]:
        """Components whose part differs from user to user."""
        return [each for each in self.components if each.scorer.is_personal or each.fresh_days < inf]

    @cached_property
    def _unfading_popularity(self) -> Floats:
        """The weighted sum of what is the same for everyone, shape (n_movies,); (1,) if that is nothing."""
        total = np.zeros(1, np.float32)
        for component in self.components:
            if not component.scorer.is_personal and component.fresh_days == inf:
                scored = component.scorer.score(NOBODY)
                total = total if scored is None else total + component.weight_at(0) * scored.scores
        return total

    def top(self, requests: Sequence[ListRequest]) -> list[TopK | None]:
        """See `Scorer.top`."""
        return top_one_by_one(self.score, requests)

    def similar(self, item_index: int) -> Floats | None:
        """See `Scorer.similar`; the blend of those components that know nearness."""
        known = [(each, each.scorer.similar(item_index)) for each in self.components]
        parts = [each.weight_at(0) * standardized(scores)[0] for each, scores in known if scores is not None]
        return sum(parts[1:], start=parts[0]) if parts else None

    def with_content(self, content: Content, n_learned: int, n_movies: int) -> ContentScorer:
        """See `Scorer.with_content`."""
        return ContentScorer(self, content, n_learned, n_movies)

    def _age_days(self, user: UserRef) -> float:
        """Days from the newest rating to the moment of the request; 0 for one that is newer, and for none."""
        if len(user.history) == 0:
            return 0.0
        now = self.data_through if user.now is None else user.now
        return max(0.0, float(now - user.history.rated_at[-1]) / 86_400)


@dataclass(frozen=True, slots=True)
class _BlendScored:
    """Scores of a blend, and of each personal component the factor by which its scores count in them."""

    scores: Floats
    terms: Sequence[tuple[np.float32, Scored]]

    def explain(self, items: Rows) -> Floats | None:
        """See `Scored.explain`; the weighted sum of the components', each on the scale it is blended in."""
        total: Floats | None = None
        for factor, scored in self.terms:
            added = scored.explain(items)
            if added is not None:
                total = factor * added if total is None else total + factor * added
        return total

    def known(self, items: Rows) -> Mask:
        """See `Scored.known`; that of which any component knows something."""
        return np.asarray(np.any([scored.known(items) for _, scored in self.terms], axis=0), bool)


def standardized(scores: Floats) -> tuple[Floats, np.float32]:
    """Scores of mean 0 and deviation 1, and what they were divided by; those that are all alike become 0."""
    deviation = np.float32(scores.std()) or np.float32(1)
    return (scores - scores.mean()) / deviation, deviation
