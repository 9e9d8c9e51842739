"""The command `matinee`: each stage of the loop, and the system around it.

Results go to stdout (with `--json` as one object), log lines to stderr. Exit codes: 0 done, 2 wrong usage, 3 refused by
a rule, 4 a dependency is unreachable, 5 it cannot be afforded here; every error is one line that says what to do.

Each module holds one group of commands. A command imports what it needs when it runs, so that `matinee --help` is fast.
"""

import sys

from rich.markup import escape

from matinee.cli import system, importing, daily, stages, bench  # isort: skip  in the order of `matinee --help`
from matinee.cli.printing import stderr
from matinee.cli.root import app
from matinee.errors import MatineeError, StorageError

__all__ = ["app", "bench", "daily", "importing", "main", "stages", "system"]


def main() -> None:
    """Run the command line; turns every error that matinee raises on purpose into one line and its exit code."""
    try:
        app()
    except Exception as error:
        known = _known(error)
        if known is None:
            raise
        stderr.print(f"[bold red]error:[/] {escape(str(known))}")
        sys.exit(known.exit_code)


def _known(error: Exception) -> MatineeError | None:
    """What to say of an error in one line; None for one that nobody expects, of which the whole trace is of use."""
    if isinstance(error, MatineeError):
        return error
    if isinstance(error, OSError):
        return StorageError(f"{error}.", "Free space or correct permissions, then try again.")
    from matinee.ratings.failures import failure

    return failure(error)
