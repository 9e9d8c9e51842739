"""The supervisor in the background: `python -m matinee.local LOCK`, where LOCK is the inherited lock file's number."""

import os
import sys

from matinee.environment import load_settings
from matinee.local.commands import supervise

if os.fork() == 0:  # the parent returns to `up` at once, and nobody has to wait for the supervisor's end
    supervise(load_settings(), lock_descriptor=int(sys.argv[1]))
