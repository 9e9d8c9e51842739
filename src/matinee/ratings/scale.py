"""The scale of ratings of a home: declared once, it holds for files, API, sessions and page."""

import math
import re
from dataclasses import dataclass

import polars as pl

from matinee.errors import UsageError

PATTERN = r"(-?\d+(?:\.\d+)?)(?:-(-?\d+(?:\.\d+)?))?(?::(\d+(?:\.\d+)?))?"
"""How a scale is written: `LOWEST-HIGHEST:STEP`, such as `0.5-5:0.5`; without a step all between; `1` for one value."""

_TOLERANCE = 1e-6
"""Of a number of steps: a third of a point is written with some digits only."""


@dataclass(frozen=True)
class Scale:
    """The ratings that are allowed, both ends included."""

    lowest: float
    highest: float
    step: float = 0.0
    """Between two neighbours, counted from `lowest`; 0 for any number between the ends."""

    @classmethod
    def parse(cls, text: str) -> "Scale":
        """A scale from `LOWEST-HIGHEST:STEP`.

        Raises:
            UsageError: it is written otherwise, or its ends are not where whole steps end.
        """
        found = re.fullmatch(PATTERN, text.strip())
        if found is None:
            raise UsageError(f"{text!r} is not a valid scale of ratings.", "Write LOWEST-HIGHEST:STEP, such as 1-10:1.")
        lowest = float(found[1])
        scale = cls(lowest, float(found[2] or lowest), float(found[3] or 0))
        if scale.lowest > scale.highest or not scale.holds(scale.highest):
            raise UsageError(
                f"The scale {text} has no such highest rating.", "Write LOWEST-HIGHEST:STEP, such as 1-10:1."
            )
        return scale

    def __str__(self) -> str:
        """As `parse` reads it."""
        ends = f"{self.lowest:g}" if self.is_single else f"{self.lowest:g}-{self.highest:g}"
        return f"{ends}:{self.step:g}" if self.step and not self.is_single else ends

    @property
    def is_single(self) -> bool:
        """Whether there is one rating only, such as a thumb."""
        return self.lowest == self.highest

    @property
    def words(self) -> str:
        """For people: `0.5 to 5 in steps of 0.5`."""
        if self.is_single:
            return f"{self.lowest:g}"
        return f"{self.lowest:g} to {self.highest:g}" + (f" in steps of {self.step:g}" if self.step else "")

    def holds(self, rating: float) -> bool:
        """Whether a rating is one of this scale."""
        if not (math.isfinite(rating) and self.lowest <= rating <= self.highest):
            return False
        if not self.step:
            return True
        n_steps = (rating - self.lowest) / self.step
        return abs(n_steps - round(n_steps)) <= _TOLERANCE

    def from_stars(self, stars: float) -> float:
        """The rating of this scale that is nearest to some of five stars; as many parts of the highest."""
        rating = stars / FIVE_STARS.highest * self.highest
        if self.step:
            rating = self.lowest + round((rating - self.lowest) / self.step) * self.step
        return min(max(rating, self.lowest), self.highest)


FIVE_STARS = Scale(0.5, 5, 0.5)
"""Of MovieLens, and of a home of which nothing else is known."""

ANY_POSITIVE = Scale(1e-6, 10)
"""What a file of one's own may hold as long as no scale is declared: five stars, ten points, a thumb as 1."""


def scale_among(allowed: Scale, ratings: pl.Series) -> Scale:
    """The scale of some ratings: the one that is allowed, or where that is any, the one that they are probably of."""
    if allowed is not ANY_POSITIVE:
        return allowed
    if ratings.is_empty():
        return FIVE_STARS
    return likely_scale(ratings.cast(pl.Float64).round(6).unique().sort().to_list())


def likely_scale(values: list[float]) -> Scale:
    """The scale that some different ratings are probably of, each of which it holds; `values` rise, at least one."""
    lowest, highest = values[0], values[-1]
    if values == [1.0]:
        return Scale(1, 1)
    if set(values) <= {-1.0, 0.0, 1.0}:
        return Scale(lowest, highest, 1.0 if 0 in values else 2.0)
    if highest <= FIVE_STARS.highest and all(map(FIVE_STARS.holds, values)):
        return FIVE_STARS
    top = next((top for top in (5.0, 10.0, 100.0) if highest <= top), highest)
    bottom = min(lowest, 0.0)
    for likely in (Scale(1, top, 1), Scale(0.5, top, 0.5), Scale(bottom, top, 1), Scale(bottom, top, 0.5)):
        if all(map(likely.holds, values)):
            return likely
    return Scale(bottom, top)
