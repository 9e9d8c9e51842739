"""The whole system in containers, on a real engine, in the order in which a person meets it."""

import json
import socket

import httpx
import pytest

from composing import UID, Compose
from matinee.ratings.ledger import ChunkLedger
from matinee.settings import Settings
from running import eventually, visitors

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

OFFICIAL_BASE_BYTES = 130_000_000
"""Size of `python:3.12-slim-bookworm`; a stand-in for it may be larger."""
LARGEST_API_BYTES = 450_000_000
LONG_RUNNING = (
    "airflow-apiserver",
    "airflow-dag-processor",
    "airflow-scheduler",
    "api",
    "mlflow",
    "postgres",
    "ui",
)


def test_every_image_builds(compose):
    compose.timed("build", "build")
    images = ("image", "ls", "--filter", "reference=matinee-*", "--format", "{{.Repository}}: {{.Size}}")
    rows = compose.run(*images).stdout
    print(f"build {compose.seconds['build']:.0f} s\n{rows}")
    assert all(f"matinee-{name}: " in rows for name in ("api", "ui", "mlflow", "train", "airflow", "tasks"))


def test_the_api_image_is_small(compose):
    own = _size(compose, "matinee-api") - _size(compose, "python:3.12-slim-bookworm")
    print(f"api image: {own / 1e6:.0f} MB beside its base")
    assert own + OFFICIAL_BASE_BYTES < LARGEST_API_BYTES


@pytest.mark.parametrize(
    ("image", "python", "absent"),
    [
        ("matinee-api", "python", ["airflow", "pyspark", "implicit", "mlflow", "scipy"]),
        ("matinee-airflow", "/opt/airflow/bin/python", ["implicit", "mlflow", "scipy", "sklearn"]),
        ("matinee-airflow", "python", ["implicit", "mlflow", "scipy", "sklearn"]),
        ("matinee-tasks", "/opt/airflow/bin/python", ["implicit", "mlflow", "scipy", "sklearn"]),
        ("matinee-train", "python", ["airflow"]),
    ],
)
def test_an_image_holds_only_what_it_needs(compose, image, python, absent):
    code = f"import importlib.util as u; print([m for m in {absent} if u.find_spec(m)])"
    assert compose.run("run", "--rm", "--network=none", image, python, "-c", code).stdout.strip() == "[]"


def test_a_wrong_setting_is_one_line(compose):
    assert "MATINEE_ALGORITHM" not in compose.environment
    line = _refusal(compose, MATINEE_CHUNK="fortnight")
    assert "MATINEE_CHUNK" in line
    line = _refusal(compose, HOST_UID="0")
    assert "HOST_UID" in line


def test_ratings_that_are_not_there_are_one_line(compose):
    assert "MATINEE_DATA" in _refusal(compose, MATINEE_DATA="/nowhere")


def test_a_home_of_somebody_else_is_one_line(compose, tmp_path):
    (tmp_path / "matinee.db").touch()
    assert "sudo chown" in _refusal(compose, MATINEE_HOME=str(tmp_path))


def test_a_taken_port_is_one_line(compose):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        refused = compose.run("compose", "up", "-d", "--no-deps", "mlflow", code=None, MATINEE_MLFLOW_PORT=port)
    compose.run("compose", "rm", "--force", "--stop", "mlflow")
    assert refused.returncode != 0
    assert f"127.0.0.1:{port}" in refused.stderr.splitlines()[-1]


def test_up_returns_with_a_learned_recommendation(compose):
    compose.up()
    print(f"up {compose.seconds['up']:.0f} s")
    print(compose.run("compose", "logs", "--no-log-prefix", "first-model").stdout)
    answer = compose.get("/v1/users/1/recommendations?k=10")
    assert answer["policy"] in ("learned", "fold_in")
    assert len(answer["items"]) == 10
    assert compose.get("/v1/model")["version"] == "1"
    assert tuple(compose.services()) == LONG_RUNNING


def test_every_program_answers_where_the_native_one_does(compose):
    for name, path in (("UI", "/_stcore/health"), ("MLFLOW", "/health"), ("AIRFLOW", "/api/v2/monitor/health")):
        assert httpx.get(compose.address(name) + path, timeout=10, trust_env=False).is_success


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_a_container_can_do_little(compose, service):
    host = compose.container(service)["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["Memory"] > 0
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    bindings = [each for ports in (host["PortBindings"] or {}).values() for each in ports]
    assert all(each["HostIp"] == "127.0.0.1" for each in bindings)
    assert compose.run("compose", "exec", "-T", service, "id", "-u").stdout.strip() == str(UID)


def test_next_moves_the_version_while_the_api_goes_on(compose):
    before = compose.container("api")["State"]["StartedAt"]
    with visitors(compose.address("API")) as people:
        (run,) = compose.matinee("next")["runs"]
    print(f"next {run['duration_s']:.0f} s, {people.n_answers} requests meanwhile")
    assert run["served_version"] == "2"
    assert people.failures == []
    assert compose.container("api")["State"]["StartedAt"] == before


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_a_killed_container_is_healed(compose, service):
    restarts = compose.container(service)["RestartCount"]
    compose.run("compose", "exec", "-T", service, "sh", "-c", "kill -9 -1", code=None)
    eventually(lambda: compose.container(service)["RestartCount"] > restarts)
    eventually(lambda: compose.container(service)["State"]["Health"]["Status"] == "healthy")
    eventually(lambda: compose.get("/v1/model")["version"] == "2")


def test_the_loop_goes_on_after_the_kills(compose):
    (run,) = compose.matinee("next")["runs"]
    assert compose.get("/v1/model")["version"] == run["served_version"]


def test_everything_ends_by_itself_within_five_seconds_and_is_still_there_after_up(compose):
    versions = compose.in_train("versions")
    compose.run("compose", "stop", "--timeout", "5")
    killed = [service for service in LONG_RUNNING if compose.container(service)["State"]["ExitCode"] == 137]
    assert killed == []
    compose.run("compose", "down")
    compose.up()
    assert compose.in_train("versions") == versions
    assert compose.get("/v1/model")["version"] == versions["versions"][0]["version"]


def test_every_file_belongs_to_the_user_of_the_host(compose):
    assert {path.lstat().st_uid for path in compose.home.rglob("*")} == {UID}


def test_history_goes_to_the_native_mode_and_back(compose):
    versions, chunks = compose.in_train("versions"), len(list((compose.home / "ratings").glob("*.parquet")))
    movie = compose.get("/v1/movies?limit=1")["items"][0]["movie_id"]
    rating = {"user_id": "mover", "movie_id": movie, "rating": 5}
    assert httpx.post(f"{compose.address('API')}/v1/ratings", json=rating, timeout=10).status_code == 201
    compose.run("compose", "stop", "--timeout", "5", *(name for name in LONG_RUNNING if name != "postgres"))
    compose.run("compose", "run", "--rm", "-T", "databases", "python", "-m", "matinee.containers", "to-native")
    native = ChunkLedger(Settings(home=compose.home, data=compose.environment["MATINEE_DATA"], _env_file=None))
    assert [chunk.state for chunk in native.chunks()] == ["closed"] * chunks
    native.ratings_through(chunks)
    compose.run("compose", "down")
    compose.up()
    assert (compose.home / "matinee.db.in-postgres").exists()
    assert not (compose.home / "matinee.db").exists()
    assert compose.in_train("versions") == versions
    assert [each["movie_id"] for each in compose.get("/v1/users/mover/ratings")["items"]] == [movie]


def _size(compose: Compose, image: str) -> int:
    return int(json.loads(compose.run("image", "inspect", image).stdout)[0]["Size"])


def _refusal(compose: Compose, **changes: str) -> str:
    """The one line with which `init` ends when the environment is changed so."""
    refused = compose.run("compose", "run", "--rm", "-T", "init", code=None, **changes)
    assert refused.returncode in (2, 3)
    (line,) = [line for line in refused.stderr.splitlines() if line.startswith("error: ")]
    return line
