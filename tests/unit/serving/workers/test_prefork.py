"""The parent of the workers."""

import socket
import subprocess
import sys
import time

from matinee.serving.workers.prefork import LAST_BACKOFF_S, Parent


def test_a_worker_that_never_settles_is_started_again_for_ever():
    parent = Parent(1, lambda *_: None)
    (worker,) = parent._workers
    worker.early_deaths = 1023  # one more, and a power of two is no float
    process = subprocess.Popen([sys.executable, "-c", ""])
    ours, theirs = socket.socketpair()
    worker.connect(process.pid, ours)
    parent._selector.register(ours, 1, worker)
    theirs.close()
    parent._reap(worker)
    process.wait()
    assert 0 < worker.start_at - time.monotonic() <= LAST_BACKOFF_S
    parent._selector.close()
    parent._alarm.close()
    parent._alarm_writer.close()
