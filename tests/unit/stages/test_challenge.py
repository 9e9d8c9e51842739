"""A challenger in a process of its own."""

import subprocess
import sys
import time

import pytest

from matinee.errors import MatineeError
from matinee.models.specification import Specification
from matinee.stages import challenge


@pytest.fixture
def command(monkeypatch):
    """Has this Python code run in the place of the command."""
    original = subprocess.run

    def instead(code: str) -> None:
        monkeypatch.setattr(
            challenge.subprocess, "run", lambda _, **options: original([sys.executable, "-c", code], **options)
        )

    return instead


def test_one_that_takes_too_long_is_ended_and_is_late(command):
    command("import time; time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        challenge._in_a_process(1, Specification.parse("als"), 0.5)
    assert time.monotonic() - began < 30


def test_one_that_fails_tells_why_in_its_last_line(command):
    command("import sys; sys.stderr.write('warning: x\\nerror: It has no arrays.\\n'); sys.exit(2)")
    with pytest.raises(MatineeError, match=r"^It has no arrays\.$"):
        challenge._in_a_process(1, Specification.parse("als"), 60)


def test_what_it_prints_is_its_result(command):
    command("""print('{"state": "gathering", "run_id": "r"}')""")
    assert challenge._in_a_process(1, Specification.parse("als"), 60) == {"state": "gathering", "run_id": "r"}
