"""What Spark says in fifty lines is one line, and its exit code tells whether trying again is of use."""

from pathlib import Path

import pytest
from py4j.protocol import Py4JError

from matinee.errors import CannotAfford, Damaged, DependencyUnreachable, MatineeError
from matinee.spark.failures import explained, one_line

LOG = Path("logs/spark.log")

OUT_OF_HEAP = """An error occurred while calling o57.fit.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times
java.lang.OutOfMemoryError: Java heap space
\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)"""

KILLED = """Job aborted due to stage failure: Task 1 in stage 9.0 failed 4 times, most recent failure: Lost task 1.3
ExecutorLostFailure (executor 4 exited caused by one of the running tasks) Reason: Command exited with code 137"""

TOO_LITTLE = """An error occurred while calling None.org.apache.spark.api.java.JavaSparkContext.
: java.lang.IllegalArgumentException: Executor memory 104857600 must be at least 471859200."""

NO_MASTER = "SparkContext could not be initialized: All masters are unresponsive! Giving up."

OF_AN_EXECUTOR = """pyspark.errors.exceptions.captured.PythonException: An exception was thrown from the Python worker:
Traceback (most recent call last):
  File "matinee/storage/folder.py", line 87, in read
matinee.errors.Damaged: ratings/chunk-00001.parquet is missing. Restore it from a backup."""

IMPORT_LINE = "ModuleNotFoundError: No module named 'matinee'"

NO_MATINEE = """An exception was thrown from the Python worker:
Traceback (most recent call last):
  File "worker.py", line 1, in main
ModuleNotFoundError: No module named 'matinee'
 SQLSTATE: 38000
\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:1097)"""

LIMITED = """An exception was thrown from the Python worker:
Traceback (most recent call last):
  File "numpy/_core/__init__.py", line 87, in <module>
ImportError: Importing the numpy C-extensions failed.
Original error was: libscipy_openblas64_.so: failed to map segment from shared object"""


@pytest.mark.parametrize(
    ("message", "kind", "exit_code"),
    [
        (OUT_OF_HEAP, CannotAfford, 5),
        (KILLED, CannotAfford, 5),
        (TOO_LITTLE, CannotAfford, 5),
        (NO_MASTER, DependencyUnreachable, 4),
        ("Job 12 cancelled as part of cancellation of all jobs", DependencyUnreachable, 4),
        (OF_AN_EXECUTOR, Damaged, 2),
        (LIMITED, CannotAfford, 5),
        (NO_MATINEE, MatineeError, 1),
        ("An error occurred while calling o1.x\n\tat java", MatineeError, 1),
    ],
)
def test_a_failure_is_one_line_of_the_right_kind(message, kind, exit_code):
    error = explained(message, "", LOG)
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert "\n" not in str(error)
    assert "Traceback" not in str(error)


def test_what_an_executor_raised_is_said_and_not_that_it_raised():
    error = explained(NO_MATINEE, "", LOG)
    assert "ModuleNotFoundError: No module named 'matinee'" in str(error)
    assert "same Python" in str(error)
    assert "KeyError: 'chunk_id'." in str(explained(NO_MATINEE.replace(IMPORT_LINE, "KeyError: 'chunk_id'"), "", LOG))


def test_what_java_wrote_before_it_ended_counts(tmp_path):
    log = tmp_path / "spark.log"
    log.write_text("java.lang.OutOfMemoryError of a session that is long over\n")
    with pytest.raises(MatineeError) as first, one_line(log):
        raise Py4JError("Answer from Java side is empty")
    assert not isinstance(first.value, CannotAfford)
    with pytest.raises(CannotAfford, match="Could not reserve"), one_line(log):
        _end_for_memory(log)


def test_our_own_errors_and_faults_of_the_program_pass(tmp_path):
    with pytest.raises(Damaged), one_line(tmp_path / "spark.log"):
        raise Damaged("It is.")
    with pytest.raises(KeyError), one_line(tmp_path / "spark.log"):
        raise KeyError


def _end_for_memory(log):
    log.write_text(log.read_text() + "Error: Could not reserve enough space for object heap\n")
    raise Py4JError("Java gateway process exited before sending its port number")
