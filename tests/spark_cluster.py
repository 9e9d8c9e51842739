"""A real Spark for tests: a standalone master and two workers, processes of their own on loopback.

    spark_conf       session: folder of `spark-defaults.conf`, which every session of the tests reads
    spark_cluster    session: the running cluster

Tests that ask for it are skipped where `matinee[spark]` or Java is missing.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from support import free_port

QUIET = "spark.executor.memory 512m\nspark.driver.memory 1g\nspark.port.maxRetries 64\n"
READY_S = 90


@dataclass
class SparkCluster:
    """Processes on loopback."""

    folder: Path
    spark: Path
    port: int
    web_port: int
    master: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    @property
    def url(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def n_alive(self) -> int:
        """Workers that the master knows and hears of."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web_port}/json/", timeout=5) as answer:
                state = json.load(answer)
        except OSError:
            return 0
        return sum(each["state"] == "ALIVE" for each in state["workers"])

    def start_worker(self) -> None:
        name = f"worker-{len(self.workers)}"
        arguments = ["-c", "1", "-m", "1g", "-h", "127.0.0.1", "--webui-port", str(free_port())]
        arguments += ["-d", str(self.folder / name), self.url]
        self.workers.append(_start(self.spark, self.folder, name, "worker.Worker", arguments))

    def kill_a_worker(self) -> None:
        """End one worker and its executor at once, as a machine that loses its power."""
        worker = self.workers.pop()
        lost = [*psutil.Process(worker.pid).children(recursive=True), psutil.Process(worker.pid)]
        for process in lost:
            process.kill()
        psutil.wait_procs(lost, timeout=30)
        worker.wait()

    def wait_for_workers(self, wanted: int) -> None:
        deadline = time.monotonic() + READY_S
        while self.n_alive() != wanted:
            assert time.monotonic() < deadline, (self.folder / "master.log").read_text()
            time.sleep(0.3)


@pytest.fixture(scope="session")
def spark_conf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("no Spark: `pip install 'matinee[spark]'`, and Java 17")
    folder = tmp_path_factory.mktemp("spark-conf")
    (folder / "spark-defaults.conf").write_text(QUIET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(folder))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        yield folder


@pytest.fixture(scope="session")
def spark_cluster(spark_conf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:  # noqa: ARG001  it sets the environment
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    spark, folder = Path(spec.origin).parent, tmp_path_factory.mktemp("spark")
    port, web_port = free_port(), free_port()
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(web_port)]
    master = _start(spark, folder, "master", "master.Master", arguments)
    cluster = SparkCluster(folder, spark, port, web_port, master, [])
    try:
        for _ in range(2):
            cluster.start_worker()
        cluster.wait_for_workers(2)
        yield cluster
    finally:
        _end([*cluster.workers, master])


def _start(spark: Path, folder: Path, name: str, role: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    environment = {"SPARK_HOME": str(spark), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    environment |= {"SPARK_LOCAL_DIRS": str(folder / "local"), "PYSPARK_PYTHON": sys.executable}
    command = [str(spark / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}", *arguments]
    with (folder / f"{name}.log").open("w") as log:
        return subprocess.Popen(
            command, env=os.environ | environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder
        )


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    everything = [
        each
        for process in processes
        if psutil.pid_exists(process.pid)
        for each in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    ]
    for process in processes:
        process.terminate()
    for each in psutil.wait_procs(everything, timeout=20)[1]:
        each.kill()
    for process in processes:
        process.wait(20)
