"""Command lines, environment and Airflow's configuration."""

import configparser
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from composing import CHECKOUT
from matinee import credentials
from matinee.environment import load_settings
from matinee.local import airflow_files
from matinee.local.programs import environment, programs, settings_environment
from matinee.settings import Settings


def test_a_process_gets_exactly_these_settings(tmp_path, monkeypatch):
    ratings = tmp_path / "ratings.csv"
    ratings.touch()
    monkeypatch.chdir(tmp_path)
    wanted = Settings(home="here", data="ratings.csv", api_port=1234, api_token="s3cret", tasks="kubernetes")
    for name, value in settings_environment(wanted).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    assert load_settings() == wanted.model_copy(update={"data": str(ratings)})


def test_a_named_data_set_stays_a_name(settings):
    assert settings_environment(settings)["MATINEE_DATA"] == "ml-100k"


def test_variables_of_another_airflow_or_mlflow_do_not_reach_ours(settings, monkeypatch):
    foreign = ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW_HOME", "MLFLOW_TRACKING_URI", "PGHOST"]
    for name in foreign:
        monkeypatch.setenv(name, "elsewhere")
    assert not set(foreign) & set(environment(settings))


def test_a_proxy_of_the_user_is_not_used_between_our_processes(settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.org")
    assert environment(settings)["no_proxy"] == "example.org,127.0.0.1,::1,localhost"


def test_programs_of_images_have_the_same_threads_heaps_and_silence(settings):
    of_images = dict(re.findall(r"\b([A-Z_]+)=(\S+)", (CHECKOUT / "Dockerfile").read_text()))
    names = ["OPENBLAS_NUM_THREADS", "MALLOC_ARENA_MAX", "PYTHONUNBUFFERED", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"]
    assert {name: of_images[name] for name in names} == {name: environment(settings)[name] for name in names}


HEAPS = """
import ctypes, threading
libc = ctypes.CDLL(None)
together = threading.Barrier(8)
def allocate():
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the heaps are glibc's")
def test_threads_of_a_program_share_two_heaps(settings):
    told = subprocess.check_output([sys.executable, "-c", HEAPS], env=environment(settings), text=True)
    assert told.count("<heap ") == 2


def test_mlflow_is_told_the_same_hosts_with_and_without_a_port(settings):
    def patterns(settings):
        command = next(each.command for each in programs(settings) if each.name == "mlflow")
        return command[command.index("--allowed-hosts") + 1].split(",")

    named = patterns(settings.model_copy(update={"allowed_hosts": "movies.example"}))
    assert {"localhost", "localhost:*", "movies.example:*", "[::1]", "[[]::1]:*"} <= set(named)
    assert patterns(settings.model_copy(update={"allowed_hosts": "*"})) == ["*"]


def test_no_secret_is_on_a_command_line(settings):
    airflow_files.write_config(settings)
    lines = " ".join(part for program in programs(settings) for part in program.command)
    secrets = [path.read_text() for path in (settings.home / "secrets").iterdir()]
    assert len(secrets) >= 4
    assert not any(secret in lines for secret in secrets)


def test_every_port_can_be_changed_by_the_setting_that_is_named(settings):
    listening = [program for program in programs(settings) if program.port]
    assert len(listening) == 5
    for program in listening:
        field = program.port_setting.removeprefix("MATINEE_").lower()
        assert getattr(settings, field) == program.port


def test_what_a_program_needs_exists(settings):
    everything = {program.name: program for program in programs(settings)}
    assert {name for program in everything.values() for name in program.after} <= set(everything)


@pytest.fixture
def config(tmp_path) -> configparser.ConfigParser:
    settings = Settings(home=tmp_path / "100% mine")
    airflow_files.write_config(settings)
    parser = configparser.ConfigParser()
    parser.read(settings.home / "airflow" / "airflow.cfg")
    return parser


def test_airflows_configuration_is_for_its_owner_only(settings):
    airflow_files.write_config(settings)
    assert stat.S_IMODE((settings.home / "airflow" / "airflow.cfg").stat().st_mode) == 0o600


def test_airflow_can_read_its_configuration_whatever_the_home_is_called(config, tmp_path):
    assert config["logging"]["base_log_folder"] == str(tmp_path / "100% mine" / "logs" / "airflow")


def test_airflow_has_one_long_secret_for_its_tokens(config, tmp_path):
    secret = config["api_auth"]["jwt_secret"]
    assert len(secret) >= 64
    assert secret == credentials.secret(tmp_path / "100% mine", "airflow_jwt")


def test_airflow_reads_the_dags_of_this_checkout(config):
    assert {"train_model.py", "deploy_model.py"} <= {
        path.name for path in Path(config["core"]["dags_folder"]).iterdir()
    }


def test_writing_the_configuration_again_keeps_every_secret(settings):
    path = settings.home / "airflow" / "airflow.cfg"
    airflow_files.write_config(settings)
    first = path.read_text()
    airflow_files.write_config(settings)
    assert path.read_text() == first


def test_no_task_starts_before_airflows_server_answers(settings):
    """The first `ingest` after `up` was tried again under load, because it could not report that it had begun."""
    (scheduler,) = (program for program in programs(settings) if program.name == "airflow-scheduler")
    assert "airflow-api-server" in scheduler.after


def test_whatever_hangs_is_ended_soon_enough_to_be_back_within_a_minute(settings):
    asked = [program for program in programs(settings) if program.probe]
    assert {program.name for program in programs(settings)} - {each.name for each in asked} == {
        "airflow-migrate",  # it ends by itself
        "watchdog",  # waits for nobody; the supervisor sees when it is frozen
    }
    waits = {program.name: program.hung_after_s for program in asked}
    assert all(wait is not None and wait <= 40 for wait in waits.values()), waits
