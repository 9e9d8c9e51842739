"""Log lines, of matinee and of libraries, in one form."""

import json
import os
import subprocess
import sys
import textwrap

SCRIPT = """
    import logging
    import structlog
    from structlog.contextvars import bound_contextvars
    from matinee import logs

    logs.configure("info")
    with bound_contextvars(request_id="r1"):
        structlog.get_logger().info("ours", movie_id="m1")
        structlog.get_logger().debug("not written")
        logging.getLogger("library").warning("theirs %s", 7)
        logging.getLogger("library").info("not written")
        try:
            raise ValueError("broken")
        except ValueError:
            logging.getLogger("library").exception("crashed")
    print("result")
"""


def test_every_line_is_a_json_object_with_the_request_id_and_stdout_is_left_alone():
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    ours, theirs, crash = (json.loads(line) for line in done.stderr.splitlines())
    assert done.stdout == "result\n"
    assert (ours["event"], ours["movie_id"], ours["level"]) == ("ours", "m1", "info")
    assert (theirs["event"], theirs["level"]) == ("theirs 7", "warning")
    assert "ValueError: broken" in crash["exception"]
    assert {line["request_id"] for line in (ours, theirs, crash)} == {"r1"}


ENDLESS = """
    import os, sys
    import structlog
    from matinee import logs

    logs.configure("info")
    logs.never_wait()
    for _ in range(10_000):
        structlog.get_logger().info("a line that nobody reads")
    print("result")
"""


def test_lines_that_nobody_reads_any_more_end_nothing():
    reading, writing = os.pipe()
    os.close(reading)
    assert _printed(ENDLESS, writing) == "result\n"


def test_lines_that_a_frozen_reader_leaves_in_the_pipe_hold_nobody_up():
    reading, writing = os.pipe()
    try:
        assert _printed(ENDLESS, writing) == "result\n"
    finally:
        os.close(reading)


def _printed(script: str, stderr: int) -> str:
    try:
        command = [sys.executable, "-c", textwrap.dedent(script)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True, check=True, timeout=60)
    finally:
        os.close(stderr)
    return done.stdout
