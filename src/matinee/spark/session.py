"""A Spark session for as long as one training lasts: what it needs is looked at first, nothing of it stays.

Memory, cores and whatever else belongs to a cluster is said where Spark looks for it, in `spark-defaults.conf` of
`SPARK_CONF_DIR`; nothing is set here but silence.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from matinee.errors import DependencyUnreachable, MatineeError
from matinee.settings import Settings
from matinee.spark.failures import CONFIGURE, one_line
from matinee.spark.java import require_java

CONNECT_S = 5.0
PATIENCE_S = 60.0
"""How long a cluster may take to give a first executor, and be without any afterwards."""
LOOK_S = 2.0
END_S = 30.0
DYING_S = 1.0
"""How soon after its connections a process is gone."""
LOG_BYTES, OLD_LOGS = 5_000_000, 3

QUIET = {
    "spark.app.name": "matinee train",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
}


@contextmanager
def spark_session(settings: Settings) -> Iterator[SparkSession]:
    """A session at `settings.spark_master`; its log is `logs/spark.log` of the home.

    Raises:
        DependencyUnreachable: there is no Java, no master, or no executor, or Java has ended.
        CannotAfford: Spark's memory does not suffice.
    """
    require_java()
    require_master(settings.spark_master)
    log = settings.home / "logs" / "spark.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    rotate(log)
    with _checkpoints(settings.home) as checkpoints:
        try:
            with one_line(log):
                session = _started(settings, log, checkpoints)
                with _watched(session, settings.spark_master):
                    yield session
        except MatineeError as error:
            _require_java_lives(error)
            raise
        finally:
            _end()


def rotate(log: Path) -> None:
    """Begin a new file once the last training has left one of `LOG_BYTES`; `OLD_LOGS` are kept, as of all processes."""
    if log.exists() and log.stat().st_size >= LOG_BYTES:
        RotatingFileHandler(log, backupCount=OLD_LOGS, delay=True).doRollover()


def require_master(master: str) -> None:
    """Look whether any host of a master URL listens; what has no host (`local[*]`, `yarn`) is Spark's to find.

    Raises:
        DependencyUnreachable: none does.
    """
    _, _, hosts = master.removeprefix("k8s://").rpartition("//")
    addresses = [each.partition("/")[0].rpartition(":") for each in hosts.split(",") if "//" in master]
    if addresses and not any(_listens(host.strip("[]"), int(port)) for host, _, port in addresses):
        raise DependencyUnreachable(
            f"Spark's master {master} does not answer.", "Start it, or correct MATINEE_SPARK_MASTER."
        )


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), CONNECT_S):
            return True
    except OSError:
        return False


@contextmanager
def _checkpoints(home: Path) -> Iterator[str]:
    """An empty folder of a home for what Spark writes down on the way, and never removes itself."""
    folder = home / "spark"
    folder.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as checkpoints:
        yield checkpoints


def _started(settings: Settings, log: Path, checkpoints: str) -> SparkSession:
    # Executors take the Python of the same path, as in the same image, unless somebody has named another.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf(loadDefaults=False).setMaster(settings.spark_master).setAll(list(QUIET.items()))
    with log.open("ab") as file:
        gateway = launch_gateway(conf, {"stdout": file, "stderr": file})
    SparkContext._ensure_initialized(gateway=gateway)  # noqa: SLF001  the only way to have Java's lines in a file
    session: SparkSession = SparkSession.builder.getOrCreate()
    if session.conf.get("spark.checkpoint.dir", None) is None and is_on_this_machine(settings.spark_master):
        session.sparkContext.setCheckpointDir(checkpoints)
    return session


def is_on_this_machine(master: str) -> bool:
    """Whether executors see this machine's files, which pods do not, wherever the API of Kubernetes listens."""
    return master.startswith(("local", "spark://127.0.0.1:", "spark://localhost:"))


@contextmanager
def _watched(session: SparkSession, master: str) -> Iterator[None]:
    """Wait for a first executor, and give up when all are gone; Spark itself would wait for ever.

    Raises:
        DependencyUnreachable: there is none in time.
    """
    if master.startswith("local"):
        yield
        return
    tracker, ended = session.sparkContext._jsc.sc().statusTracker(), threading.Event()  # noqa: SLF001  Python has no such question
    if not _has_executor(tracker, PATIENCE_S):
        raise DependencyUnreachable(
            f"Spark's cluster {master} gave no executor within {PATIENCE_S:g} seconds.",
            "Its workers are busy or gone, or have less memory than spark.executor.memory (spark-defaults.conf).",
        )
    watch = threading.Thread(target=_cancel_when_alone, args=(session, tracker, ended), daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()


def _cancel_when_alone(session: SparkSession, tracker: Any, ended: threading.Event) -> None:  # noqa: ANN401  a Java object
    with suppress(Py4JError, ConnectionError):  # the session itself ends, and whoever works with it is told so
        while not ended.wait(LOOK_S):
            if not _has_executor(tracker, PATIENCE_S):
                session.sparkContext.cancelAllJobs()
                return


def _has_executor(tracker: Any, patience_s: float) -> bool:  # noqa: ANN401  a Java object
    """Whether there is an executor besides the driver, or one comes in time."""
    deadline = time.monotonic() + patience_s
    while len(tracker.getExecutorInfos()) < 2:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _require_java_lives(error: MatineeError) -> None:
    """Tell what else nobody could explain: that the Java of this process is dead."""
    gateway = SparkContext._gateway  # noqa: SLF001  as above
    if type(error) is not MatineeError or gateway is None:
        return
    with suppress(subprocess.TimeoutExpired):
        code = gateway.proc.wait(DYING_S)
        raise DependencyUnreachable(
            f"Spark's driver, the Java process of this training, has ended ({_how_it_ended(code)}).",
            f"The system may have killed it for its memory. {CONFIGURE}, or try again.",
        ) from error


def _how_it_ended(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"


def _end() -> None:
    """End the session and its Java, whatever state they are in."""
    gateway = SparkContext._gateway  # noqa: SLF001  as above
    with suppress(Py4JError, ConnectionError):
        session = SparkSession.getActiveSession()
        if session is not None:
            session.stop()
    # What a dead Java kept Spark from clearing: the next session is a new one, with a Java of its own.
    SparkContext._active_spark_context = SparkSession._instantiatedSession = SparkSession._activeSession = None  # noqa: SLF001
    if gateway is None:
        return
    with suppress(Py4JError, ConnectionError):
        gateway.shutdown()
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
    java = gateway.proc
    java.stdin.close()  # which is what it ends by
    try:
        java.wait(END_S)
    except subprocess.TimeoutExpired:
        java.kill()
        java.wait()
