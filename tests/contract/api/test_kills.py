"""The API server's processes killed with -9 under a load of writes: what was acknowledged is there afterwards."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import httpx
import psutil
import pytest

from matinee.bench.ports import free_port
from matinee.ratings.feedback.store import FeedbackStore
from matinee.settings import Settings
from support import as_environment

KILLS = pytest.mark.parametrize("n_kills", [5, pytest.param(20, marks=pytest.mark.long)])
N_WRITERS = 4
ACKNOWLEDGED_BEFORE_A_KILL = 25


@pytest.fixture
def settings(tmp_path, make_settings) -> Settings:
    """On either database; without MLflow, which no rating needs."""
    return make_settings(home=tmp_path / "home", api_port=free_port(), mlflow_url=f"http://127.0.0.1:{free_port()}")


class Writers:
    """Threads that send ratings all the time, and know what was acknowledged."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = count()
        self.acknowledged: list[str] = []
        self.refused: list[httpx.Response] = []
        self.ended = threading.Event()

    def write(self) -> None:
        with httpx.Client(base_url=self._url, trust_env=False, timeout=10) as api:
            while not self.ended.is_set():
                user_id = f"u{next(self._numbers)}"
                try:
                    answer = api.post("/v1/ratings", json={"user_id": user_id, "movie_id": "m", "rating": 4})
                except httpx.TransportError:
                    time.sleep(0.01)
                    continue
                (self.acknowledged.append(user_id) if answer.status_code == 201 else self.refused.append(answer))

    def wait_for(self, n_more: int, server: subprocess.Popen) -> None:
        """Return when so many more were acknowledged."""
        wanted, deadline = len(self.acknowledged) + n_more, time.monotonic() + 60
        while len(self.acknowledged) < wanted:
            assert server.poll() is None, "the server ended by itself"
            assert time.monotonic() < deadline, self.refused[-1:]
            time.sleep(0.001)


@pytest.mark.either
@KILLS
@pytest.mark.timeout(480)
def test_what_was_acknowledged_is_there_after_kills_of_all_processes(settings, tmp_path, n_kills):
    writers = Writers(settings.api)
    with ThreadPoolExecutor(N_WRITERS) as pool, (tmp_path / "log").open("w") as log:
        running = [pool.submit(writers.write) for _ in range(N_WRITERS)]
        try:
            for _ in range(n_kills):
                command = [sys.executable, "-m", "matinee.serving"]
                environment = as_environment(settings)
                server = subprocess.Popen(command, env=environment, stderr=log, start_new_session=True)
                try:
                    writers.wait_for(ACKNOWLEDGED_BEFORE_A_KILL, server)
                finally:
                    os.killpg(server.pid, signal.SIGKILL)
                    server.wait()
        finally:
            writers.ended.set()
        for each in running:
            each.result()
    check(writers, settings, n_kills)


@pytest.mark.either
@KILLS
@pytest.mark.timeout(480)
def test_what_was_acknowledged_is_there_after_kills_of_one_process(settings, tmp_path, n_kills):
    """Of a worker, which its parent starts again, or of the parent, without which its workers end."""
    writers = Writers(settings.api)
    with ThreadPoolExecutor(N_WRITERS) as pool, (tmp_path / "log").open("w") as log:
        running = [pool.submit(writers.write) for _ in range(N_WRITERS)]
        command = [sys.executable, "-m", "matinee.serving"]
        environment = as_environment(settings) | {"MATINEE_API_WORKERS": "3"}
        server = subprocess.Popen(command, env=environment, stderr=log)
        try:
            for turn in range(n_kills):
                writers.wait_for(ACKNOWLEDGED_BEFORE_A_KILL, server)
                workers = psutil.Process(server.pid).children()
                if turn % 5 < 4:
                    workers[turn % len(workers)].kill()
                    continue
                server.kill()
                server.wait()
                assert psutil.wait_procs(workers, timeout=20)[1] == []
                server = subprocess.Popen(command, env=environment, stderr=log)
            writers.wait_for(ACKNOWLEDGED_BEFORE_A_KILL, server)
        finally:
            writers.ended.set()
            server.terminate()
            server.wait()
        for each in running:
            each.result()
    check(writers, settings, n_kills)


def check(writers: Writers, settings: Settings, n_kills: int) -> None:
    """Nothing is lost, and nothing was refused."""
    store = FeedbackStore(settings)
    lost = [user_id for user_id in writers.acknowledged if len(store.of_user(user_id)) != 1]
    assert lost == []
    assert len(writers.acknowledged) >= n_kills * ACKNOWLEDGED_BEFORE_A_KILL
    assert writers.refused == []
