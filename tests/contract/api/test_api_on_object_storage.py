"""The server with its files in object storage: forked workers share them, and none of its answers waits for them."""

import os
import subprocess
import sys
import time

import httpx
import polars as pl
import pytest

from matinee.ratings.ledger import ChunkLedger
from matinee.settings import Settings
from matinee.storage import home_storage
from support import as_environment, two_tastes, wait_until_up


@pytest.fixture
def elsewhere(bucket_url, fault_proxy, tmp_path):  # noqa: ARG001  the proxy is where the environment says
    """A machine that has taken the first chunk; its home is its own."""
    two_tastes().write_csv(tmp_path / "ratings.csv")
    shared = {"data": str(tmp_path / "ratings.csv"), "storage": bucket_url, "bootstrap": "15d"}
    settings = Settings(
        home=tmp_path / "elsewhere", database_url=f"sqlite:///{tmp_path / 'ledger.db'}", **shared, _env_file=None
    )
    ChunkLedger(settings).close_next("first")
    return settings


@pytest.fixture
def server(elsewhere, tmp_path, unused_port):
    """Address of a server of two workers with an empty home."""
    settings = elsewhere.model_copy(update={"home": tmp_path / "home", "api_port": unused_port})
    own = {"STORAGE": settings.storage, "DATA": settings.data, "API_WORKERS": "2", "IMPRESSIONS_S": "0.3"}
    environment = as_environment(settings) | {f"MATINEE_{name}": value for name, value in own.items()}
    command = [sys.executable, "-m", "matinee.serving"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            wait_until_up(f"{settings.api}/health/live", process)
            yield settings.api
        finally:
            os.killpg(process.pid, 15)


@pytest.mark.timeout(600)
def test_forked_workers_serve_what_is_stored_and_note_there_what_they_show(server, elsewhere, fault_proxy):
    def shown() -> pl.DataFrame:
        storage = home_storage(elsewhere)
        names = [name for day in storage.list("impressions") for name in storage.list(day)]
        return pl.concat([pl.DataFrame(schema={"user_id": pl.String}), *(_users(storage.read(name)) for name in names)])

    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and shown().height < 4:
        with httpx.Client(timeout=60) as client:  # another connection, perhaps another worker
            answer = client.get(f"{server}/v1/users/u1/recommendations")
        assert answer.status_code == 200
        time.sleep(0.3)
    assert set(shown()["user_id"]) == {"u1"}
    assert answer.json()["items"]
    fault_proxy.fail("500")
    for _ in range(4):
        assert httpx.get(f"{server}/v1/users/u1/recommendations", timeout=60).status_code == 200


def _users(path) -> pl.DataFrame:
    return pl.read_parquet(path).select("user_id")
