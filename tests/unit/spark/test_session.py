"""A session that cannot be is one line in good time, and nothing of it stays."""

import socket
import subprocess
import sys

import psutil
import pytest
from pyspark import SparkContext

from matinee.errors import CannotAfford, DependencyUnreachable
from matinee.spark.session import LOG_BYTES, OLD_LOGS, is_on_this_machine, require_master, rotate, spark_session


def test_a_master_that_is_gone_is_told(unused_port):
    with pytest.raises(DependencyUnreachable, match="does not answer"):
        require_master(f"spark://127.0.0.1:{unused_port}")


@pytest.mark.parametrize("master", ["local[*]", "local", "yarn"])
def test_a_master_without_a_host_is_not_looked_for(master):
    require_master(master)


def test_one_of_several_masters_suffices(unused_port, listening_port):
    require_master(f"spark://127.0.0.1:{unused_port},127.0.0.1:{listening_port}")


@pytest.mark.parametrize("master", ["local[*]", "local", "spark://127.0.0.1:7077", "spark://localhost:7077"])
def test_executors_of_a_master_on_this_machine_see_its_files(master):
    assert is_on_this_machine(master)


@pytest.mark.parametrize("master", ["spark://spark-master:7077", "yarn", "k8s://https://127.0.0.1:6443"])
def test_executors_elsewhere_or_in_pods_do_not(master):
    assert not is_on_this_machine(master)


def test_years_of_trainings_leave_a_few_files_of_bounded_size(tmp_path):
    log = tmp_path / "spark.log"
    for training in range(3 * (OLD_LOGS + 1)):
        rotate(log)
        with log.open("ab") as file:
            file.write(str(training).encode() * (LOG_BYTES // 2))
    sizes = {each.name: each.stat().st_size for each in tmp_path.iterdir()}
    assert len(sizes) == OLD_LOGS + 1
    assert max(sizes.values()) < 3 * LOG_BYTES
    assert log.read_bytes().endswith(b"11")  # the newest stands where one looks for it


@pytest.mark.slow
@pytest.mark.usefixtures("spark_conf")
def test_checkpoints_go_with_the_session(settings):
    with spark_session(settings.model_copy(update={"spark_master": "local[1]"})) as session:
        (checkpoints,) = (settings.home / "spark").iterdir()
        assert session.sparkContext.getCheckpointDir().startswith(f"file:{checkpoints}/")
    assert list((settings.home / "spark").iterdir()) == []


@pytest.mark.slow
def test_too_little_memory_is_one_line_and_leaves_no_process(settings, spark_conf, tmp_path, monkeypatch, capfd):
    (tmp_path / "spark-defaults.conf").write_text((spark_conf / "spark-defaults.conf").read_text())
    with (tmp_path / "spark-defaults.conf").open("a") as file:
        file.write("spark.driver.memory 200m\n")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    before = set(psutil.Process().children(recursive=True))
    local = settings.model_copy(update={"spark_master": "local[1]"})
    with pytest.raises(CannotAfford, match="must be at least") as error, spark_session(local):
        pass
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.mark.slow
@pytest.mark.usefixtures("spark_conf")
@pytest.mark.filterwarnings("ignore:Unable to cleanly shutdown Spark JVM:RuntimeWarning")
def test_a_driver_that_is_killed_is_one_line_and_the_next_session_is_a_new_one(settings):
    def counted_by_a_dead_driver() -> None:
        with spark_session(local) as session:
            SparkContext._gateway.proc.kill()
            session.range(10).count()

    local = settings.model_copy(update={"spark_master": "local[1]"})
    with pytest.raises(DependencyUnreachable, match="by SIGKILL"):
        counted_by_a_dead_driver()
    with spark_session(local) as session:
        assert session.range(10).count() == 10


@pytest.fixture
def listening_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.slow
def test_importing_spark_says_nothing():
    command = [sys.executable, "-c", "import matinee.spark.training"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
