"""Nobody but its owner may enter a home, however open the process that makes it is."""

import os
import stat
import subprocess
import sys

import pytest

from matinee.home import keep_private
from support import two_tastes


@pytest.fixture(autouse=True)
def _umask_of_the_tests():
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_that_everybody_reads_is_closed(tmp_path):
    tmp_path.chmod(0o755)
    keep_private(tmp_path)
    assert mode(tmp_path) == 0o700


def test_what_is_made_later_is_private_too(tmp_path):
    keep_private(tmp_path / "home")
    (tmp_path / "home" / "below").mkdir(parents=True)
    (tmp_path / "home" / "file").touch()
    assert mode(tmp_path / "home") == mode(tmp_path / "home" / "below") == 0o700
    assert mode(tmp_path / "home" / "file") == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("exists", [False, True])
def test_a_command_leaves_nothing_that_others_read(tmp_path, exists):
    home = tmp_path / "집 of two words"
    if exists:
        home.mkdir()
        home.chmod(0o777)
    two_tastes(n_users=20, n_movies=10, n_days=10).write_csv(tmp_path / "ratings.csv")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    own = {"MATINEE_HOME": str(home), "MATINEE_DATA": str(tmp_path / "ratings.csv"), "MATINEE_BOOTSTRAP": "5d"}
    command = [sys.executable, "-c", "import os; os.umask(0); from matinee.cli import main; main()"]
    subprocess.run([*command, "ingest", "--run-id", "first"], env=clean | own, cwd=tmp_path, check=True)
    assert (home / "matinee.db").exists()
    assert mode(home) == 0o700
    assert {mode(path) & 0o077 for path in home.rglob("*")} == {0}
