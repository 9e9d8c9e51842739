"""`python -m chaos`: kill and freeze, and print one JSON line of what came of it."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from chaos.run import run


def main() -> int:
    """Exit code 1 when something that must hold does not."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many kills and freezes")
    parser.add_argument("--interval", type=float, default=30.0, help="seconds between two, on average")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=None, help="default: a random one, which is printed")
    parser.add_argument("--folder", type=Path, default=None, help="where the home is; kept afterwards")
    parser.add_argument("--drill", action="store_true", help="then lose the home, restore it and go on")
    parser.add_argument(
        "--shared",
        action="store_true",
        help="others work on this machine too: stretch the limits of time by how long an undisturbed start takes",
    )
    chosen = parser.parse_args()
    if chosen.drill and chosen.database != "sqlite":
        parser.error("--drill needs --database sqlite: a backup holds no database of another server")
    seed = random.randrange(2**31) if chosen.seed is None else chosen.seed  # noqa: S311  no secret
    with tempfile.TemporaryDirectory(prefix="chaos.") as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        options = {"drill": chosen.drill, "is_shared": chosen.shared}
        report = run(folder, chosen.database, chosen.kills, chosen.interval, seed, **options)
    report.write(sys.stdout)
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
