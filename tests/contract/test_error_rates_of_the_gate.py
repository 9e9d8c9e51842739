"""The short form of `matinee bench gate`, on real ratings: what the rule promises holds."""

import pytest

from matinee.bench.gate import measure
from matinee.settings import Settings

ALWAYS_REFUSED = (
    "weights zeroed",
    "rows of movies permuted",
    "half of the factors or weights lost",
    "trained on a tenth",
    "scores constant",
    "user rows shifted by one",
)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_error_rates_are_within_what_is_promised(real_data, tmp_path):
    settings = Settings(_env_file=None, home=tmp_path / "home")
    found = measure(settings, [str(real_data / "ml-100k")], short=True)
    assert found["equal_promoted"] <= 0.05
    assert found["worse_promoted"] <= 0.01
    assert found["refresh_let_through"] >= 0.99
    assert found["false_rollbacks"] <= 0.01
    assert found["days_until"].keys() == {"+5%", "+10%", "+25%"}
    median, most = found["days_until"]["+25%"]
    assert 42 <= median <= most <= 60
    for name in ALWAYS_REFUSED:
        assert (found["sabotage"][name]["refused"], found["sabotage"][name]["days"]) == (1, 0), name
    for name in ("30 % shill ratings of one movie", "a day repeated"):
        assert found["sabotage"][name]["warned"] == 1, name
    assert found["sabotage"]["a chunk with movie ids shuffled"]["warned"] >= 0.75
