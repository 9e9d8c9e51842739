"""Commands of matinee in this process, as their caller sees them."""

import contextlib
import io
import json
import sys
from collections.abc import Callable

import pytest

from matinee.cli import main


def matinee(*arguments: str, code: int | None = 0) -> dict:
    """Result of a command as its caller sees it, or what it wrote to stderr.

    Args:
        arguments: of the command line.
        code: exit code that it has to end with; None for any.
    """
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        patch.setattr(sys, "argv", ["matinee", *arguments, "--json"])
        exit_code = _exit_code_of(main)
    assert exit_code == code or code is None, stderr.getvalue() or stdout.getvalue()
    return json.loads(stdout.getvalue()) if stdout.getvalue() else {"error": stderr.getvalue()}


def _exit_code_of(command: Callable[[], None]) -> int:
    with pytest.raises(SystemExit) as ended:
        command()
    return int(ended.value.code or 0)
