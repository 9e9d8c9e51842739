"""Each of the usual troubles is found, and its fix is said."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from matinee.clients.schemas.findings import Finding
from matinee.local import family
from matinee.local.doctor import examine, machine
from matinee.local.state import ProcessState, State
from matinee.settings import Settings

PORTS = ("api_port", "mlflow_port", "airflow_port", "ui_port", "postgres_port")


def found(settings: Settings, what: str) -> Finding:
    return next(each for each in examine(settings) if each.what == what)


def test_on_a_sound_machine_only_what_does_not_run_is_wrong_and_up_is_the_fix(own):
    findings = examine(own)
    assert [each.what for each in findings if not each.ok] == ["MLflow", "Airflow", "API server", "page"]
    assert all("matinee up" in each.fix for each in findings if not each.ok)
    assert all(each.fix == "" for each in findings if each.ok)


def test_a_taken_port_is_found_with_who_has_it(own):
    with socket.create_server(("127.0.0.1", own.postgres_port)):
        finding = found(own, "ports")
    assert not finding.ok
    assert f"Port {own.postgres_port}" in finding.detail
    assert f"pid {os.getpid()}" in finding.detail
    assert "MATINEE_POSTGRES_PORT" in finding.fix


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_a_wrong_python_is_found(own, monkeypatch, version):
    monkeypatch.setattr(machine.sys, "version_info", (*version, 0, "final", 0))
    finding = found(own, "Python")
    assert not finding.ok
    assert "make setup PYTHON=" in finding.fix


def test_what_a_dead_supervisor_left_is_found(own):
    dead = subprocess.Popen(["true"])
    dead.wait()
    own.home.mkdir()
    State(dead.pid, 0.0, [ProcessState("api")]).write(own.home)
    environment = {**os.environ, **family.mark(own.home, "api")}
    with subprocess.Popen([sys.executable, "-c", "input()"], env=environment, stdin=subprocess.PIPE) as orphan:
        finding = found(own, "locks")
        orphan.communicate(b"\n")
    assert not finding.ok
    assert "left 1 processes" in finding.detail
    assert "matinee down" in finding.fix


def test_a_state_file_that_cannot_be_read_is_found(own):
    own.home.mkdir()
    (own.home / "supervisor.json").write_text('{"pid":')
    finding = found(own, "locks")
    assert not finding.ok
    assert "matinee down" in finding.fix


def test_a_missing_data_set_is_found(own):
    Path(own.data).unlink()
    finding = found(own, "ratings")
    assert not finding.ok
    assert "MATINEE_DATA" in finding.fix


@pytest.mark.slow
def test_the_command_tells_the_fixes_and_ends_with_exit_code_4(own):
    values = {"HOME": own.home, "DATA": own.data, **{name.upper(): getattr(own, name) for name in PORTS}}
    environment = os.environ | {f"MATINEE_{name}": str(value) for name, value in values.items()}
    command = [Path(sys.executable).with_name("matinee"), "doctor", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    wrong = [each for each in json.loads(done.stdout)["findings"] if not each["ok"]]
    assert [each["what"] for each in wrong] == ["MLflow", "Airflow", "API server", "page"]
    assert all(each["fix"] for each in wrong)
