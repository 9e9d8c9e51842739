"""Which algorithm with which hyper-parameters, as a text: `als`, or `als:factors=64:recency=30`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from matinee.errors import UsageError
from matinee.models.recommender import Recommender, recommender

NONE = "off"
"""`MATINEE_CHALLENGERS` for no challenger at all."""


@dataclass(frozen=True)
class Specification:
    """An algorithm by its name in `matinee.models`, and those hyper-parameters that are not its defaults."""

    text: str
    algorithm: str
    parameters: Mapping[str, float]

    @classmethod
    def parse(cls, text: str) -> "Specification":
        """Read `name:key=value:key=value`.

        Raises:
            UsageError: a value is no number.
        """
        algorithm, *pairs = text.strip().split(":")
        return cls(text.strip(), algorithm, dict(_parameter(text, pair) for pair in pairs))

    def recommender(self) -> Recommender:
        """The algorithm itself.

        Raises:
            UsageError: no installed package offers it, or it has no such hyper-parameter.
        """
        try:
            return recommender(self.algorithm, self.parameters)
        except TypeError as error:
            raise UsageError(f"{self.text!r} cannot be made: {error}.", "Correct MATINEE_CHALLENGERS.") from error


def specifications(setting: str) -> tuple[Specification, ...]:
    """Those of `MATINEE_CHALLENGERS`, each once, in its order."""
    named = [each.strip() for each in setting.split(",")]
    return tuple(Specification.parse(each) for each in dict.fromkeys(named) if each and each != NONE)


def configuration(algorithm: str, parameters: Mapping[str, float]) -> str:
    """Algorithm and all its hyper-parameters, as the text by which equal ones are known."""
    return f"{algorithm} {json.dumps({name: float(value) for name, value in parameters.items()}, sort_keys=True)}"


def _parameter(text: str, pair: str) -> tuple[str, float]:
    name, _, value = pair.partition("=")
    try:
        number = float(value)
    except ValueError as error:
        raise UsageError(f"{value!r} in {text!r} is no number.", "Write name:key=number.") from error
    return name.strip(), int(number) if number.is_integer() and "." not in value else number
