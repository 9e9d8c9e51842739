"""A benchmark that somebody ends."""

import signal
import subprocess
import sys
import textwrap


def test_whoever_is_ended_leaves_all_blocks():
    program = """
        import time
        from matinee.bench.ending import end_what_was_started

        end_what_was_started()
        try:
            print("started", flush=True)
            time.sleep(60)
        finally:
            print("ended what it had started", flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "ended what it had started\n"
    assert process.returncode == 128 + signal.SIGTERM
