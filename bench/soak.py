"""Years of days in hours: what a home keeps, costs and answers after them; figures in `docs/endurance.md`.

    python bench/soak.py                       three years, some 80 minutes
    python bench/soak.py --days 60 --json      two months, in three to ten minutes; CI lives as many
    python bench/soak.py --plot soak.svg       draw what was measured

Days run on a simulated clock, in a temporary home with the real MLflow and API server; the stages run in this process,
as Airflow's tasks do. Exit code 1 when an aim is missed; of less than a year, what depends on how busy the machine is
and on how long a process lives has wider ones.
"""

import argparse
import json
import logging
import sys
import tempfile
from pathlib import Path

from matinee import logs
from matinee.bench.ending import end_what_was_started
from matinee.bench.plot import panels
from matinee.bench.soak.aims import missed
from matinee.bench.soak.years import Years

THREE_YEARS = 1_096


def main() -> int:
    """Live the days, print the figures; returns the exit code."""
    end_what_was_started()
    parser = argparse.ArgumentParser(description="Live years of days on a simulated clock, and measure them.")
    parser.add_argument("--days", type=int, default=THREE_YEARS, help="how many days")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--plot", type=Path, help="SVG file to draw to")
    parser.add_argument("--folder", type=Path, help="empty folder that is kept; default is a temporary one")
    asked = parser.parse_args()
    logs.configure("warning")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="matinee-soak-") as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        years = Years(folder, asked.days, lambda line: print(line, file=sys.stderr, flush=True))
        figures = years.run()
    if asked.plot:
        record = years.record
        charts = {
            "home, GB": {"home": record.home_gb},
            "a day, s": {"small model": record.day_s},
            "memory, MB": record.memory_mb,
        }
        asked.plot.write_text(panels(charts, f"day {len(record.home_gb)}"))
    print(json.dumps(figures))
    if not_reached := missed(figures):
        print(f"Not reached: {', '.join(not_reached)}", file=sys.stderr)
    return int(bool(not_reached))


if __name__ == "__main__":
    sys.exit(main())
