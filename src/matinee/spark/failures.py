"""What goes wrong in Spark as one of our errors, in one line; what Spark wrote about it is in its log."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from matinee import errors
from matinee.errors import CannotAfford, DependencyUnreachable, MatineeError

OUT_OF_MEMORY = re.compile(
    r"OutOfMemoryError|MemoryError|Cannot allocate memory|insufficient memory|Could not reserve enough space"
    r"|must be at least \d+|exited with code (52|137)\b|exit code (52|137)\b|memory limits"
    r"|failed to map segment|can't start new thread|unable to create native thread"
)
"""52 is how an executor ends whose heap is full, 137 one that the system has killed; the last line is what a process
says that its limit leaves too little for a library or a thread."""

GONE = re.compile(
    r"All masters are unresponsive|Job \d+ cancelled|Master removed our application|SparkContext was shut down"
    r"|Could not parse Master URL|stopped SparkContext"
)

OURS = re.compile(r"matinee\.errors\.(\w+): (.+)")
"""An error that an executor raised on purpose, as Python prints it."""

TRACEBACK = "Traceback (most recent call last):"

RAISED = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception)\b.*)$", re.MULTILINE)
"""The line of a traceback that says what was raised."""

SAME_PYTHON = "Executors need the same Python and packages as this process (PYSPARK_PYTHON)"

CONFIGURE = "Set spark.driver.memory and spark.executor.memory in spark-defaults.conf (SPARK_CONF_DIR)"


@contextmanager
def one_line(log: Path) -> Iterator[None]:
    """Turn what Spark raises into an error that says what to do.

    Args:
        log: what Spark's own lines go to.

    Raises:
        CannotAfford: there was too little memory.
        DependencyUnreachable: the cluster went away.
        MatineeError: what an executor raised, or anything else.
    """
    begins = log.stat().st_size if log.exists() else 0
    try:
        yield
    except (Py4JError, PySparkException, ConnectionError, EOFError) as error:
        raise explained(_said(error), _written_since(log, begins), log) from error


def explained(message: str, written: str, log: Path) -> MatineeError:
    """The error that a failure of Spark means.

    Args:
        message: of the exception.
        written: what Spark wrote to its log until then.
        log: where that is.
    """
    text = f"{message}\n{written}"
    ours = OURS.search(text)
    if ours and isinstance(kind := getattr(errors, ours[1], None), type) and issubclass(kind, MatineeError):
        return kind(ours[2], "A Spark executor said so.")
    if OUT_OF_MEMORY.search(text):
        return CannotAfford(f"Spark ran out of memory ({_line_with(OUT_OF_MEMORY, text)}).", f"{CONFIGURE}; see {log}.")
    if GONE.search(text):
        return DependencyUnreachable(
            f"Spark's cluster went away ({_line_with(GONE, text)}).", f"See {log}, then try again."
        )
    raised = RAISED.findall(message.partition(TRACEBACK)[2].partition("\n\tat ")[0])
    if raised:
        advice = (
            f"{SAME_PYTHON}; see {log}." if "ImportError" in message or "ModuleNotFound" in message else f"See {log}."
        )
        return MatineeError(f"A Spark executor failed: {_shortened(raised[-1])}.", advice)
    first = next((line for line in message.splitlines() if line.strip()), "it ended without a word")
    return MatineeError(f"Spark failed: {first}", f"See {log}.")


def _said(error: Exception) -> str:
    """The words of an exception; those of Java's are asked of Java, which may have ended."""
    try:
        return str(error)
    except (Py4JError, ConnectionError):
        return "Java has ended"


def _line_with(pattern: re.Pattern[str], text: str) -> str:
    return _shortened(next(line for line in text.splitlines() if pattern.search(line)))


def _shortened(line: str) -> str:
    line = line.strip().rstrip(".:")
    return line if len(line) <= 200 else f"{line[:199]}…"


def _written_since(log: Path, begins: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(begins)
        return file.read().decode(errors="replace")
