"""The short form of the chaos suite, on a new seed each time; the long one is `make chaos`.

It fails on facts only. How long reads were away and how many days ended in time is only printed, by the long form too.
"""

import json
import random
import sys

import pytest

from chaos.plan import strikes
from chaos.run import run

N_KILLS = 8
INTERVAL_S = 10.0


def test_a_plan_follows_from_its_seed():
    first, again = strikes(7, 10.0), strikes(7, 10.0)
    assert [next(first) for _ in range(50)] == [next(again) for _ in range(50)]


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_whatever_is_killed(tmp_path, capsys):
    seed = random.randrange(2**31)  # noqa: S311  no secret
    with capsys.disabled():
        result = run(tmp_path, "sqlite", N_KILLS, INTERVAL_S, seed)
        sys.stdout.write(json.dumps(result) + "\n")
    assert result["broken"] == [], result
    assert (result["lost"], result["doubled"], result["kills"]) == (0, 0, N_KILLS)
    assert result["acknowledged"] > 0
