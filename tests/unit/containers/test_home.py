"""The home before the containers start: memory, owner, secrets."""

import stat

import pytest

from matinee.containers import home
from matinee.errors import Refused, UsageError


@pytest.fixture
def memory(tmp_path):
    """Writes what the kernel says of a machine with this much memory."""

    def write(total_kb: int):
        path = tmp_path / "meminfo"
        path.write_text(f"MemTotal:       {total_kb} kB\nMemFree:          1 kB\n")
        return path

    return write


def test_enough_memory_is_fine(memory):
    home.check_memory(memory(home.NEEDED_BYTES // 1024 + 1))


def test_too_little_memory_is_refused_with_what_to_do(memory):
    with pytest.raises(Refused, match=r"2\.0 GB of memory, and matinee needs 3\.5 GB.*Settings, Resources"):
        home.check_memory(memory(2_000_000_000 // 1024))


@pytest.mark.parametrize("number", ["", "0", "root", "-1"])
def test_the_containers_run_as_an_ordinary_user_only(tmp_path, number):
    with pytest.raises(UsageError, match="HOST_UID"):
        home.become_owner(tmp_path, {"HOST_UID": number, "HOST_GID": "1000"})


def test_every_role_has_a_password_that_only_the_owner_can_read(settings):
    home.prepare(settings)
    path = settings.home / "secrets" / "pgpass"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [line.split(":") for line in path.read_text().splitlines()]
    assert [line[3] for line in lines] == ["postgres", "airflow", "mlflow", "matinee"]
    assert len({line[4] for line in lines}) == 4


def test_preparing_again_keeps_every_secret(settings):
    home.prepare(settings)
    before = {path.name: path.read_text() for path in (settings.home / "secrets").iterdir()}
    home.prepare(settings)
    assert {path.name: path.read_text() for path in (settings.home / "secrets").iterdir()} == before


def test_the_home_of_the_containers_is_closed_to_other_users(settings):
    settings.home.mkdir(mode=0o755)
    home.prepare(settings)
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((settings.home / "ratings").stat().st_mode) == 0o700
