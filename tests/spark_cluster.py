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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import psutil
import pytest

from matinee.bench.ports import free_port
from matinee.settings import Settings

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
    n_started: int = 0

    @property
    def url(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def n_alive(self) -> int:
        """Workers that the master knows and hears of; none before its page is there."""
        return len(self._living())

    def n_executors(self) -> int:
        """Executors that work for somebody: one a worker, as each has one core."""
        return sum(each["coresused"] for each in self._living())

    def _living(self) -> list[dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web_port}/json/", timeout=5) as answer:
                state = json.load(answer)
        except (OSError, JSONDecodeError):  # its pages come one by one, and any of them answers for those to come
            return []
        return [each for each in state["workers"] if each["state"] == "ALIVE"]

    def start_worker(self) -> None:
        self.n_started += 1
        name = f"worker-{self.n_started}"
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

    def wait_for_workers(self, wanted: int, ready_s: float = READY_S) -> None:
        deadline = time.monotonic() + ready_s
        while self.n_alive() != wanted:
            assert time.monotonic() < deadline, (self.folder / "master.log").read_text()
            time.sleep(0.3)


@pytest.fixture(scope="session")
def spark_conf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("no Spark: `pip install 'matinee[spark]'`, and Java 17")
    folder = tmp_path_factory.mktemp("spark-conf")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in spark_environment(folder, {}).items():
            patch.setenv(name, value)
        yield folder


def spark_environment(folder: Path, of_executors: Mapping[str, str]) -> dict[str, str]:
    """Variables with which Spark reads a folder's `spark-defaults.conf`, which is written; executors get some more."""
    folder.mkdir(exist_ok=True)
    given = "".join(f"spark.executorEnv.{name} {value}\n" for name, value in of_executors.items())
    (folder / "spark-defaults.conf").write_text(QUIET + given)
    return {"SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1"}


@pytest.fixture(scope="session")
def spark_cluster(spark_conf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:  # noqa: ARG001  it sets the environment
    with running_spark(tmp_path_factory.mktemp("spark")) as cluster:
        yield cluster


def trained_by(cluster: SparkCluster, home: Path, data: Path, **more: Any) -> Settings:
    """Settings of a home of ml-100k whose models the cluster computes."""
    values = {"home": home, "data": str(data / "ml-100k"), "trainer": "spark", "spark_master": cluster.url}
    return Settings(**values | more, _env_file=None)


@contextmanager
def running_spark(folder: Path) -> Iterator[SparkCluster]:
    """A master and two workers, with their files in a folder; `spark_environment` has to be set."""
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    folder.mkdir(exist_ok=True)
    spark = Path(spec.origin).parent
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
