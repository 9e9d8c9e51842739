"""Settings that are wrong, unknown or gone."""

import tarfile
from pathlib import Path

import pytest

from matinee.errors import UsageError
from matinee.settings import GONE, Settings, load_settings

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "home-0.1.tar.xz"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where a `.env` is looked for; `MATINEE_OLD` was a setting once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(GONE, "MATINEE_OLD", "Use MATINEE_CHUNK.")
    return tmp_path


def test_a_setting_that_is_gone_is_a_warning_that_names_its_successor(monkeypatch, capsys):
    monkeypatch.setenv("MATINEE_OLD", "1")
    assert load_settings() == Settings(_env_file=None)
    assert capsys.readouterr() == ("", "warning: MATINEE_OLD is gone and does nothing. Use MATINEE_CHUNK.\n")


def test_a_setting_that_is_gone_and_still_in_the_env_file_is_the_same_warning(folder, capsys):
    (folder / ".env").write_text("MATINEE_OLD=1\nMATINEE_CHUNK=7d\nHOST_UID=1000\n")
    assert load_settings().chunk == "7d"
    assert capsys.readouterr().err == "warning: MATINEE_OLD is gone and does nothing. Use MATINEE_CHUNK.\n"


def test_nothing_is_said_where_nothing_is_gone(folder, capsys):
    (folder / ".env").write_text("MATINEE_CHUNK=7d\n")
    load_settings()
    assert capsys.readouterr() == ("", "")


def test_a_variable_that_never_was_a_setting_is_an_error(monkeypatch):
    monkeypatch.setenv("MATINEE_CHUNKS", "1d")
    with pytest.raises(UsageError, match="MATINEE_CHUNKS is not a setting"):
        load_settings()


def test_every_setting_of_0_1_is_still_one_or_is_known_to_be_gone():
    with tarfile.open(ARCHIVE) as archive:
        lines = archive.extractfile(".env").read().decode().splitlines()
    old = {line.partition("=")[0] for line in lines}
    assert len(old) == 38
    assert old <= {f"MATINEE_{name.upper()}" for name in Settings.model_fields} | GONE.keys()


def test_no_setting_is_both_there_and_gone():
    assert not GONE.keys() & {f"MATINEE_{name.upper()}" for name in Settings.model_fields}
