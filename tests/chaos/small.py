"""Small programs under a real supervisor, in the place of a whole matinee."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from matinee.local.patience import Patience
from matinee.local.program import Program
from matinee.local.supervisor import Supervisor
from matinee.settings import Settings
from running import eventually

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")

PARENT = """
import subprocess, sys, time
children, born = [], False
while True:
    children = [each for each in children if each.poll() is None]
    if len(children) < 2 and (sys.argv[1] == "mends" or not born):
        born = True
        children.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
    time.sleep(0.05)
"""


@contextmanager
def supervised(settings: Settings, *programs: Program) -> Iterator[None]:
    settings.home.mkdir(exist_ok=True)
    supervisor = Supervisor(programs, settings.home, patience=Patience(heal_every_s=0.2, first_backoff_s=0.1))
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        eventually(lambda: all(each.ready.is_set() for each in supervisor.watchers.values()))
        yield
    finally:
        supervisor.stop()
        thread.join()
