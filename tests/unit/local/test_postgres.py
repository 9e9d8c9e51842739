"""A real PostgreSQL from the wheel."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import psycopg2
import pytest

from matinee import credentials
from matinee.local import family, postgres
from matinee.local.program import Health, Program
from matinee.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def settings(tmp_path) -> Settings:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    home = tmp_path / "home"
    home.mkdir(mode=0o700)  # as under /root: nobody else may enter
    return Settings(home=home, postgres_port=port)


@pytest.fixture
def program(settings) -> Program:
    return postgres.program(settings)


@pytest.fixture
def server(program) -> Iterator[subprocess.Popen[bytes]]:
    program.prepare()
    with running(program) as process:
        wait_until_up(program, process)
        yield process


@contextmanager
def running(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """A server that is stopped after the block, whether its test passed or not."""
    with subprocess.Popen(program.command, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.send_signal(program.stop_signal)


def wait_until_up(program: Program, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while program.probe() is not Health.UP:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ask(url: str, question: str) -> object:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


@pytest.mark.usefixtures("server")
def test_the_generated_password_opens_it_and_no_other_does(settings):
    url = postgres.url(settings)
    assert ask(url, "select 1") == 1
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ask(url.replace("airflow:", "airflow:x"), "select 1")


@pytest.mark.parametrize("now", [None, "it's an@other/50%"])
def test_it_takes_the_password_that_there_is_now(settings, program, now):
    program.prepare()
    if now is None:
        shutil.rmtree(settings.home / "secrets")
    else:
        (settings.home / "secrets" / "postgres_password").write_text(now)
    url = postgres.url(settings)  # whoever asks first makes a new one
    program.prepare()
    with running(program) as process:
        wait_until_up(program, process)
        assert ask(url, "select 1") == 1


def test_its_data_are_under_the_home_and_survive_a_kill(settings, program, server):
    ask(postgres.url(settings), "create table kept as select 42 as answer")
    server.kill()
    server.wait()
    program.prepare()
    with subprocess.Popen(program.command, stderr=subprocess.DEVNULL) as again:
        wait_until_up(program, again)
        assert ask(postgres.url(settings), "select answer from kept") == 42
        again.send_signal(program.stop_signal)
    assert (settings.home / "postgres" / "PG_VERSION").is_file()


def test_it_does_not_run_as_root(server):
    assert psutil.Process(server.pid).uids().effective != 0


def test_preparing_ends_a_server_that_was_left_behind(program, server):
    program.prepare()
    assert server.wait() == 0


def test_a_mark_with_the_number_of_another_process_does_not_keep_it_from_starting(settings, program):
    program.prepare()
    mark = settings.home / "postgres" / "postmaster.pid"
    mark.write_text(f"{os.getpid()}\n")
    program.prepare()
    assert not mark.exists()


def test_the_password_is_not_on_the_command_line(settings, program):
    assert credentials.secret(settings.home, "postgres_password") not in " ".join(program.command)


def test_it_stops_at_once_with_clients_connected(settings, program, server):
    connection = psycopg2.connect(postgres.url(settings).replace("+psycopg2", ""))
    assert program.stop_signal is signal.SIGINT
    server.send_signal(program.stop_signal)
    assert server.wait(timeout=30) == 0
    connection.close()


def test_a_frozen_backend_that_outlives_its_server_does_not_keep_the_next_one_from_starting(server, program, settings):
    connection = psycopg2.connect(postgres.url(settings).replace("+psycopg2", ""))
    backend = psutil.Process(connection.info.backend_pid)
    backend.suspend()
    server.kill()
    server.wait()
    assert backend.is_running()  # and has the shared memory
    program.prepare()
    with running(program) as successor:
        wait_until_up(program, successor)
        assert not family.is_alive(backend)
