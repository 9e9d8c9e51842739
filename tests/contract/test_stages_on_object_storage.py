"""The stages with all that they share in object storage: another machine goes on with nothing but two addresses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from matinee.local.programs import environment, programs
from matinee.settings import Settings
from object_storage import SECRET
from support import two_tastes, wait_until_up


class Machine:
    """A machine with a home of its own, which is empty at first; what all machines share are two addresses."""

    def __init__(self, home: Path, shared: dict[str, str]) -> None:
        self.home = home
        self._environment = {**os.environ, **shared, "MATINEE_HOME": str(home)}

    def matinee(self, *arguments: str, code: int = 0) -> dict:
        """Result of a command."""
        command = [sys.executable, "-m", "matinee.cli", *arguments, "--json"]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False, timeout=400)
        assert done.returncode == code, done.stderr
        assert SECRET not in done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout else {"error": done.stderr}


@pytest.fixture
def mlflow_on_s3(bucket_url, tmp_path, unused_port):
    """Address of MLflow as matinee starts it when it keeps its files in object storage."""
    settings = Settings(home=tmp_path / "server", mlflow_port=unused_port, storage=bucket_url, _env_file=None)
    program = next(each for each in programs(settings) if each.name == "mlflow")
    program.prepare()
    with (tmp_path / "mlflow.log").open("w") as log:
        server = subprocess.Popen(
            program.command,
            env={**environment(settings), **program.environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    wait_until_up(f"{settings.mlflow}/health", server)
    yield settings.mlflow
    os.killpg(server.pid, 15)
    server.wait(30)
    assert not (settings.home / "mlartifacts").exists()


@pytest.fixture
def machines(mlflow_on_s3, bucket_url, tmp_path):
    """Three machines."""
    two_tastes().write_csv(tmp_path / "ratings.csv")
    shared = {
        "MATINEE_DATA": str(tmp_path / "ratings.csv"),
        "MATINEE_BOOTSTRAP": "15d",
        "MATINEE_MLFLOW_URL": mlflow_on_s3,
        "MATINEE_STORAGE": bucket_url,
        "MATINEE_DATABASE_URL": f"sqlite:///{tmp_path / 'ledger.db'}",
    }
    return [Machine(tmp_path / name, shared) for name in ("one", "two", "three")]


@pytest.mark.long  # the pods of `kubernetes/test_loop.py` do it every time
@pytest.mark.timeout(900)
def test_each_stage_of_a_run_may_be_on_another_machine_with_an_empty_home(machines, tmp_path):
    one, two, three = machines
    chunk_id = one.matinee("ingest", "--run-id", "first")["chunk_id"]
    assert not list((one.home / "ratings").glob("*.parquet"))
    (tmp_path / "ratings.csv").unlink()  # the next ones do not have it
    run_id = two.matinee("train", "--chunk-id", str(chunk_id))["run_id"]
    assert three.matinee("evaluate", "--run-id", run_id)["run_id"] == run_id
    assert three.matinee("promote", "--run-id", run_id)["model_version"]
    assert two.matinee("ingest", "--run-id", "second")["chunk_id"] == chunk_id + 1


def test_a_storage_that_does_not_answer_is_exit_code_4_and_one_that_refuses_1_in_one_line(fault_proxy, tmp_path):
    two_tastes().write_csv(tmp_path / "ratings.csv")
    shared = {"MATINEE_DATA": str(tmp_path / "ratings.csv"), "MATINEE_STORAGE": "s3://not-there"}
    machine = Machine(tmp_path / "home", shared)
    missing = machine.matinee("ingest", "--run-id", "first", code=1)["error"]
    assert (
        missing
        == "error: s3://not-there cannot be used: there is no such bucket. Create it, or correct MATINEE_STORAGE.\n"
    )
    fault_proxy.close()
    silent = machine.matinee("ingest", "--run-id", "first", code=4)["error"]
    assert silent.startswith("error: s3://not-there does not answer.")
    assert silent.count("\n") == 1
