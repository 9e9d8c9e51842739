"""While the database is away, lists are made of the model alone; whatever needs what people said is answered 503."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import psutil
import pytest

from databases import new_database, postgres_server
from matinee.ratings.database import engine
from matinee.settings import Settings

TIMEOUT_S = 5.0
"""Of a client; far less than what hangs would take."""


class Server:
    """A PostgreSQL server and its backends."""

    def __init__(self, pid: int) -> None:
        self._postmaster = psutil.Process(pid)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        processes = (self._postmaster, *self._postmaster.children(recursive=True))
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    def end(self) -> None:
        self._postmaster.send_signal(signal.SIGQUIT)
        self._postmaster.wait(30)


@pytest.fixture
def database(tmp_path, mlflow) -> Iterator[tuple[Server, Settings]]:
    """A server of this test's own, and the settings of a home with it."""
    with postgres_server(tmp_path / "server") as url:
        pid = int((tmp_path / "server" / "postgres" / "postmaster.pid").read_text().split()[0])
        values = {"home": tmp_path / "home", "mlflow_url": mlflow.url, "api_token": "token-of-these-tests"}
        settings = Settings(database_url=new_database(url), _env_file=None, **values)
        yield Server(pid), settings
        pool = engine(settings).pool
        while pool.checkedout():  # by questions that nobody waited for
            time.sleep(0.05)
        pool.dispose()


@pytest.fixture
def settings(database) -> Settings:
    return database[1]


@pytest.fixture
def server(database) -> Server:
    return database[0]


def test_while_postgresql_is_frozen_everybody_gets_a_list_and_their_own_again_afterwards(api, server):
    own = api.recommend("u1")
    assert own["policy"] == "learned"
    api.rate("newcomer", "m7")
    with server.frozen():
        for number in range(8):
            answer = api.get(f"/v1/users/u{number % 4}/recommendations", timeout=TIMEOUT_S)
            assert (answer.status_code, answer.json()["policy"]) == (200, "popular")
    api.wait_for(lambda: api.recommend("u1")["items"] == own["items"])
    assert "m7" not in api.movie_ids("newcomer", k=40)


def test_whatever_waits_for_a_frozen_database_keeps_no_swap_from_its_files(api, server, mlflow):
    mlflow.register(2)
    with server.frozen():
        for number in range(20):  # more than there are threads
            with suppress(httpx.TimeoutException):
                api.post("/v1/ratings", json={"user_id": "u1", "movie_id": f"m{number}", "rating": 4}, timeout=0.1)
        assert api.swap(2).json()["version"] == "2"


def test_without_a_database_lists_are_those_of_somebody_unknown_and_all_else_is_refused(api, server):
    unknown = api.recommend("nobody", k=40)["items"]
    assert api.recommend("u1", k=40)["items"] != unknown
    server.end()
    assert api.recommend("u1", k=40)["items"] == unknown
    rating = {"user_id": "u1", "movie_id": "m7", "rating": 4}
    refused = [
        api.post("/v1/ratings", json=rating),
        api.get("/v1/users/u1/ratings"),
        api.get("/v1/users/u1/recommendations?watchlist=only"),
        api.get("/v1/users/u1/recommendations?not_shown_days=3"),
    ]
    assert [answer.status_code for answer in refused] == [503] * 4


def says_that_ratings_are_not_stored(api) -> bool:
    ready = api.get("/health/ready", timeout=TIMEOUT_S)
    told = ready.json()
    assert (ready.status_code, told["status"], told["database"]) == (200, "degraded", "unreachable")
    in_metrics = 'matinee_problem{part="database"} 1.0' in api.get("/metrics", timeout=TIMEOUT_S).text
    return in_metrics and "Ratings are not stored" in told["problems"]["database"]


def test_a_server_that_was_ready_stays_so_while_the_database_is_frozen_and_says_what_does_not_work(api, server):
    assert api.get("/health/ready").json()["database"] == "reachable"
    with server.frozen():
        assert says_that_ratings_are_not_stored(api)
    api.wait_for(lambda: api.get("/health/ready").json()["status"] == "ready")


def test_a_server_that_was_ready_stays_so_without_a_database_and_findings_tell_of_it(api, server):
    assert api.get("/health/ready").json()["database"] == "reachable"
    server.end()
    assert says_that_ratings_are_not_stored(api)
    findings = api.get("/v1/findings").json()["findings"]
    assert any(not each["ok"] and "database" in each["detail"] for each in findings)


@pytest.mark.usefixtures("learned")
def test_a_server_that_starts_while_the_database_is_frozen_answers_soon_and_is_not_ready(start, server):
    with server.frozen():
        new = start()
        for user in ("u1", "u2"):
            assert new.get(f"/v1/users/{user}/recommendations", timeout=TIMEOUT_S).json()["policy"] == "popular"
        assert new.get("/health/ready", timeout=TIMEOUT_S).status_code == 503


def test_nothing_of_what_was_taken_back_is_in_a_list_that_is_made_without_the_database(api, server):
    assert api.delete("/v1/users/u1").status_code == 204
    erased = api.recommend("u1", k=40)
    server.end()
    without = api.recommend("u1", k=40)
    assert (without["policy"], without["items"]) == (erased["policy"], erased["items"])
