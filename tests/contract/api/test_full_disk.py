"""A home on a disk that is full or gives errors: answers go on, writes are refused, and all is well again after it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psutil
import pytest

from faults import fill
from matinee.settings import Settings
from support import as_environment

TOKEN = {"Authorization": "Bearer token-of-these-tests"}
N_WORKERS = 2


@pytest.fixture
def settings(small_disk, settings, unused_port) -> Settings:
    values = {"home": small_disk / "home", "api_port": unused_port, "api_workers": N_WORKERS, "impressions_s": 0.5}
    (small_disk / "home").mkdir()
    return settings.model_copy(update=values)


@pytest.fixture
def server(settings, mlflow, tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    """A server of two workers that serves version 1."""
    environment = as_environment(settings) | {"MATINEE_API_TOKEN": "token-of-these-tests"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "matinee.serving"], env=environment, stderr=log)
    mlflow.register(1)
    try:
        eventually(lambda: swap(settings).status_code == 200)
        yield process
    finally:
        process.kill()
        process.wait()


def swap(settings: Settings) -> httpx.Response:
    body = {"version": 1}
    return httpx.post(f"{settings.api}/v1/model", json=body, headers=TOKEN, trust_env=False, timeout=60)


def get(settings: Settings, path: str) -> httpx.Response:
    return httpx.get(f"{settings.api}{path}", trust_env=False, timeout=10)


def rate(settings: Settings, user_id: str = "u1") -> httpx.Response:
    rating = {"user_id": user_id, "movie_id": "m2", "rating": 4}
    return httpx.post(f"{settings.api}/v1/ratings", json=rating, trust_env=False, timeout=10)


@contextmanager
def writes_that_fail(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """Every write of the server and its workers to a file is an error of the disk, which SQLite calls `IOERR`."""
    parent = psutil.Process(server.pid)
    limits = {process: process.rlimit(psutil.RLIMIT_FSIZE) for process in [parent, *parent.children()]}
    for process, (_, hard) in limits.items():
        process.rlimit(psutil.RLIMIT_FSIZE, (0, hard))
    yield
    for process, limit in limits.items():
        process.rlimit(psutil.RLIMIT_FSIZE, limit)


def eventually(holds) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)


@pytest.mark.usefixtures("server")
def test_on_a_full_disk_answers_go_on_and_writes_are_refused_until_there_is_space(settings, small_disk):
    assert rate(settings).status_code == 201
    filler = fill(small_disk)
    paths = [f"/v1/users/{user}/recommendations?k={k}" for user in ("u1", "u2", "new") for k in range(1, 60)]
    with ThreadPoolExecutor(4) as pool:
        assert {answer.status_code for answer in pool.map(lambda path: get(settings, path), paths)} == {200}
    refused = rate(settings)
    assert (refused.status_code, refused.headers["Content-Type"]) == (503, "application/problem+json")
    ready = get(settings, "/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    # What was shown is noted from time to time: it may have been tried already.
    assert set(ready.json()["problems"]) - {"shown lists"} == {"disk"}
    page = get(settings, "/metrics").text
    assert 'matinee_problem{part="disk"} 1.0' in page
    assert "matinee_disk_free_bytes 0.0" in page
    time.sleep(1.5)  # impressions are tried meanwhile, in vain
    filler.unlink()
    eventually(lambda: rate(settings).status_code == 201)
    eventually(lambda: get(settings, "/health/ready").json()["status"] == "ready")
    eventually(lambda: list((settings.home / "impressions").rglob("*.parquet")))


def test_where_the_disk_gives_errors_lists_go_on_and_no_rating_is_half_stored(server, settings):
    for number in range(40):  # either worker has files to count in: here even one in memory could not be made now
        assert rate(settings, f"before {number}").status_code == 201
        assert get(settings, f"/v1/users/before {number}/recommendations").status_code == 200
    users = [f"during {number}" for number in range(20)]
    with writes_that_fail(server):
        refused = [rate(settings, user) for user in users]
        assert {answer.status_code for answer in refused} == {503}
        assert {answer.headers["Content-Type"] for answer in refused} == {"application/problem+json"}
        assert all("disk I/O error" in answer.json()["detail"] for answer in refused)
        for user in ("before 0", *users):
            assert get(settings, f"/v1/users/{user}/recommendations").status_code == 200
            assert bool(get(settings, f"/v1/users/{user}/ratings").json()["ratings"]) is (user == "before 0")
    for user in users:
        eventually(lambda user=user: rate(settings, user).status_code == 201)
        assert len(get(settings, f"/v1/users/{user}/ratings").json()["ratings"]) == 1
    assert server.poll() is None


def test_a_worker_that_is_started_on_a_full_disk_answers(server, settings, small_disk):
    for user in range(40):  # either worker has opened the database
        assert get(settings, f"/v1/users/{user}/recommendations").status_code == 200
    fill(small_disk)
    # The other one keeps SQLite's journal open, for which a full disk would have no room.
    killed, _ = psutil.Process(server.pid).children()
    killed.kill()
    eventually(
        lambda: (
            killed not in psutil.Process(server.pid).children()
            and len(psutil.Process(server.pid).children()) == N_WORKERS
        )
    )
    eventually(lambda: get(settings, "/v1/users/u1/recommendations").json()["model_version"] == "1")
    for number in range(40):
        assert get(settings, f"/v1/users/{number}/recommendations").status_code == 200
    assert server.poll() is None


@pytest.mark.usefixtures("server")
def test_a_database_that_a_full_disk_does_not_let_open_is_a_problem_document_and_no_list_waits_for_it(
    settings, small_disk
):
    fill(small_disk)
    assert get(settings, "/v1/users/u1/recommendations").json()["policy"] == "popular"
    answer = get(settings, "/v1/users/u1/ratings")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert "full" in answer.json()["detail"]
