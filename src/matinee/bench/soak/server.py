"""The API server on a simulated clock: `python -m matinee.bench.soak.server CLOCK`, with settings by environment."""

import sys
from pathlib import Path

from matinee import clock, logs
from matinee.bench.soak.simulated_clock import SimulatedClock
from matinee.environment import load_settings
from matinee.serving.__main__ import listen, serve

if __name__ == "__main__":
    settings = load_settings()
    logs.configure("warning")
    with clock.pretended(SimulatedClock(Path(sys.argv[1])).now):
        serve(settings, listen(settings.host, settings.api_port, settings.n_workers))
