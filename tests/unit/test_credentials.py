"""Secrets under `secrets/` in the home."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from matinee.credentials import api_token, secret
from matinee.settings import Settings


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder / "api_token"


@pytest.mark.parametrize("text", ["", "\n", " \n"])
def test_an_empty_file_gets_a_secret_that_only_its_owner_reads(tmp_path, path, text):
    path.write_text(text)
    made = secret(tmp_path, "api_token")
    assert len(made) == 86
    assert secret(tmp_path, "api_token") == made == path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("text", [None, ""])
def test_all_who_ask_first_at_once_get_the_same_secret(tmp_path, path, text):
    if text is not None:
        path.write_text(text)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: secret(tmp_path, "api_token"), range(40)))) == 1


def test_a_newline_at_the_end_of_a_file_is_no_part_of_the_secret(tmp_path, path):
    path.write_text("written-by-hand\n")
    assert secret(tmp_path, "api_token") == "written-by-hand"


@pytest.mark.parametrize("given", ["", " \n"])
def test_an_empty_setting_is_no_token(tmp_path, given):
    settings = Settings(home=tmp_path, api_token=SecretStr(given), _env_file=None)
    assert api_token(settings) == secret(tmp_path, "api_token")
