"""What a scorer is made of: arrays and parameters by name, checked as they are taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from .history import Histories
from .packed import PackedHistories
from .scorer import Scorer


@dataclass(frozen=True, slots=True)
class Parts:
    """Arrays and parameters of one scorer."""

    arrays: Mapping[str, NDArray[Any]]
    parameters: Mapping[str, Any]
    histories: Histories | PackedHistories
    n_movies: int
    kinds: Mapping[str, Callable[["Parts"], Scorer]]
    """How each kind of scorer is made."""

    def scorer(self, kind: str) -> Scorer:
        """Scorer of a kind made of these parts.

        Raises:
            KeyError: an array or a parameter is missing.
            ValueError: there is no such kind, or something does not fit what it needs.
        """
        if kind not in self.kinds:
            raise ValueError(f"no kind of model is called {kind!r}")
        return self.kinds[kind](self)

    def array(self, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """An array, which has to be of this shape."""
        if self.arrays[name].shape != shape:
            raise ValueError(f"{name} is of shape {self.arrays[name].shape} where {shape} belongs")
        return self.arrays[name]

    def positive(self, name: str) -> float:
        """A parameter, which has to be above 0."""
        value = float(self.parameters[name])
        if not value > 0:
            raise ValueError(f"{name} is {value}, which is not positive")
        return value

    def below(self, component: str) -> "Parts":
        """Parts of a component, whose names start with its own and a dot."""
        start = len(component) + 1
        arrays = {name[start:]: array for name, array in self.arrays.items() if name.startswith(f"{component}.")}
        own = {name[start:]: value for name, value in self.parameters.items() if name.startswith(f"{component}.")}
        parameters = {**own, "positive_rating": self.parameters["positive_rating"]}
        return replace(self, arrays=arrays, parameters=parameters)
