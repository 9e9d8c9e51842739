"""The short form of the chaos suite, on a new seed each time; the long one is `make chaos`.

It fails on facts, and on limits of time, stretched by what an undisturbed start of the same run takes (`limits`). The
long form judges by the limits as they are, and how many days end in time too.
"""

import random
import sys

import pytest

from chaos.plan import strikes
from chaos.run import run

N_KILLS = 6
INTERVAL_S = 10.0


def test_a_plan_follows_from_its_seed():
    first, again = strikes(7, 10.0), strikes(7, 10.0)
    assert [next(first) for _ in range(50)] == [next(again) for _ in range(50)]


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.timeout(1800)
def test_nothing_acknowledged_is_lost_whatever_is_killed(tmp_path, capsys):
    seed = random.randrange(2**31)  # noqa: S311  no secret
    with capsys.disabled():
        report = run(tmp_path, "sqlite", N_KILLS, INTERVAL_S, seed, is_shared=True)
        report.write(sys.stdout)
    assert report.broken == []
    assert (report.lost, report.doubled, report.n_struck) == ([], [], N_KILLS)
    assert report.people.acknowledged
