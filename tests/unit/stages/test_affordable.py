"""What the memory of a machine cannot hold is refused before it is begun."""

import subprocess
import sys

import pytest

from matinee.errors import CannotAfford
from matinee.memory import limit_bytes
from matinee.settings import Settings
from matinee.stages.affordable import require_affordable


def test_what_would_take_more_memory_than_there_is_is_refused_in_one_line():
    with pytest.raises(
        CannotAfford, match=r"20,000,000 ratings takes about 5\.0 GB of memory; 1\.0 GB are there\."
    ) as refused:
        require_affordable(Settings(memory=1, _env_file=None), 20_000_000)
    assert "MATINEE_MEMORY" in str(refused.value)
    assert refused.value.exit_code == 5


def test_what_fits_is_begun():
    require_affordable(Settings(memory=5.1, _env_file=None), 20_000_000)


def test_the_setting_lowers_what_the_machine_has_and_never_raises_it():
    assert limit_bytes(1) == 1_000_000_000
    assert limit_bytes(1_000_000) == limit_bytes()


@pytest.mark.slow
def test_up_refuses_it_in_seconds_before_anything_starts(tmp_path):
    ratings = tmp_path / "r.csv"
    ratings.write_text("user_id,movie_id,rating,rated_at\nu,m,4,2020-01-01\nv,m,5,2020-01-02\n")
    environment = {"MATINEE_HOME": str(tmp_path / "home"), "MATINEE_DATA": str(ratings), "MATINEE_MEMORY": "0.1"}
    command = [sys.executable, "-m", "matinee.cli", "up"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert done.stderr.startswith("error: To learn from 2 ratings takes about 0.6 GB of memory; 0.1 GB are there.")
    assert not (tmp_path / "home" / "supervisor.json").exists()
