"""Settings are written into `.env` without touching what somebody else wrote there."""

import errno

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import StorageError
from matinee.settings import Settings
from matinee.storage.env_file import write_settings


def test_all_other_lines_stay_as_they_are(tmp_path):
    path = tmp_path / ".env"
    path.write_text(
        "# mine\nOTHER='a\nb'\nexport MATINEE_DATA=old # why\n\nMATINEE_DATA=older\nMATINEE_UI_PORT=1\nbroken\n"
    )
    write_settings(path, {"MATINEE_DATA": "/new one.csv", "MATINEE_COLUMNS": "user_id=Who"})
    assert path.read_text() == (
        "# mine\nOTHER='a\nb'\nMATINEE_DATA='/new one.csv'\n\nMATINEE_UI_PORT=1\nbroken\nMATINEE_COLUMNS=user_id=Who\n"
    )


@pytest.mark.parametrize("before", [None, "", "MATINEE_UI_PORT=1"])
def test_a_file_that_is_missing_or_ends_without_a_line_end_gets_whole_lines(tmp_path, before):
    path = tmp_path / ".env"
    if before is not None:
        path.write_text(before)
    write_settings(path, {"MATINEE_DATA": "a.csv"})
    assert path.read_text() == (f"{before}\n" if before else "") + "MATINEE_DATA=a.csv\n"


def test_permissions_stay_and_a_new_file_is_its_owners_alone(tmp_path):
    path, linked = tmp_path / ".env", tmp_path / "link"
    write_settings(path, {"MATINEE_DATA": "a"})
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    linked.symlink_to(path)
    write_settings(linked, {"MATINEE_DATA": "b"})
    assert linked.is_symlink()
    assert (path.stat().st_mode & 0o777, path.read_text()) == (0o640, "MATINEE_DATA=b\n")


def test_a_disk_that_refuses_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / ".env"
    path.write_text("MATINEE_DATA=old\n")

    def full(file):
        raise OSError(errno.ENOSPC, f"No space left for {file}")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError):
        write_settings(path, {"MATINEE_DATA": "new"})
    assert path.read_text() == "MATINEE_DATA=old\n"
    assert list(tmp_path.iterdir()) == [path]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_any_path_is_read_back_as_it_was_written(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("env") / ".env"
    write_settings(path, {"MATINEE_ALGORITHM": value, "MATINEE_UI_PORT": "1"})
    assert dotenv_values(path)["MATINEE_ALGORITHM"] == value
    if value:
        assert Settings(_env_file=path).algorithm == value
