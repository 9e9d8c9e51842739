"""What a training reads of the model before it."""

from matinee.models.blend import Blend
from matinee.models.popular import Popular
from matinee.stages.train import _warm_start


class Untouched:
    """A registry that nobody may ask."""


def test_a_model_of_which_no_use_would_be_made_is_not_even_asked_for():
    for algorithm in (Blend(), Popular()):
        assert _warm_start(Untouched(), algorithm, 2) is None
