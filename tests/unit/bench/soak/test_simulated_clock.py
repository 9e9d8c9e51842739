"""One moves the clock, all see it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from matinee.bench.soak.simulated_clock import SimulatedClock

THEN = datetime(2029, 2, 28, 23, 59, 59, tzinfo=UTC)


def test_every_process_that_shares_the_clock_sees_it_move(tmp_path):
    clock = SimulatedClock(tmp_path / "clock")
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    clock.move_to(THEN)
    script = (
        "import sys; from pathlib import Path; from matinee.bench.soak.simulated_clock import SimulatedClock;"
        "print(SimulatedClock(Path(sys.argv[1])).now().isoformat())"
    )
    seen = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "clock")], capture_output=True, text=True, check=True
    )
    assert timedelta() <= datetime.fromisoformat(seen.stdout.strip()) - THEN < timedelta(seconds=60)
