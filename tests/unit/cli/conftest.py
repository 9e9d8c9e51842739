"""What tests of commands share."""

import sys
from collections.abc import Callable

import pytest

from matinee import cli


@pytest.fixture
def run_import(monkeypatch, tmp_path, capsys) -> Callable[..., tuple[int, str, str]]:
    """Runs `matinee import` in a folder of this test's own; gives exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["matinee", "import", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capsys.readouterr()

    return command
