"""The whole system in containers, on a real engine, in the order in which a person meets it."""

import json
import re
import socket
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from composing import UID, Compose
from matinee.ui.texts.en import ENGLISH
from running import eventually, visitors

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

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
KILLED = 137
"""Exit code of a container that had to be killed."""


@pytest.mark.parametrize("profile", [[], ["--profile", "monitoring"]], ids=["default", "monitoring"])
def test_compose_accepts_the_file(compose, profile):
    checked = compose.run("compose", *profile, "config", "--format", "json")
    assert "level=" not in checked.stderr
    services = json.loads(checked.stdout)["services"]
    assert set(LONG_RUNNING) <= set(services)
    assert ("grafana" in services) == bool(profile)


def test_every_image_builds(compose, say):
    compose.build()
    images = ("image", "ls", "--filter", "reference=matinee-*", "--format", "{{.Repository}}: {{.Size}}")
    rows = sorted(compose.run(*images).stdout.splitlines())
    say(f"build {compose.seconds['build']:.0f} s; {', '.join(rows)}")
    names = ("airflow", "api", "mlflow", "tasks", "train", "ui")
    assert [row.split(":")[0] for row in rows] == [f"matinee-{name}" for name in names]


def test_the_api_image_is_small(compose):
    (image,) = json.loads(compose.run("image", "inspect", "matinee-api").stdout)
    assert image["Size"] < LARGEST_API_BYTES


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


@pytest.mark.parametrize(
    ("name", "value"), [("MATINEE_CHUNK", "fortnight"), ("HOST_UID", "0"), ("MATINEE_DATA", "/nowhere")]
)
def test_up_ends_with_one_line_about_a_wrong_setting(compose, name, value):
    assert name in _refusal(compose, **{name: value})


def test_up_ends_with_one_line_about_a_home_of_somebody_else(compose, tmp_path):
    (tmp_path / "matinee.db").touch()
    stranger = str(UID + 1)
    assert "sudo chown" in _refusal(compose, MATINEE_HOME=str(tmp_path), HOST_UID=stranger, HOST_GID=stranger)


def test_up_ends_with_one_line_about_too_little_memory(compose, tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 2000000 kB\n")
    mount = {"volumes": [f"{tmp_path}/meminfo:/proc/meminfo:ro"]}
    (tmp_path / "small.json").write_text(json.dumps({"services": {"init": mount}}))
    files = f"{compose.environment['COMPOSE_FILE']}:{tmp_path}/small.json"
    assert "2.0 GB of memory" in _refusal(compose, COMPOSE_FILE=files)


def test_up_ends_with_one_line_about_a_taken_port(compose):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        refused = compose.run("compose", "up", "--wait", code=None, MATINEE_MLFLOW_PORT=port)
    assert refused.returncode != 0
    assert f"127.0.0.1:{port}" in refused.stderr.splitlines()[-1]
    assert "mlflow" not in compose.services()


def test_up_returns_with_a_learned_recommendation(compose, say):
    compose.up()
    say(f"up {compose.seconds['up']:.0f} s, first model included")
    answer = compose.get("/v1/users/u1/recommendations?k=10")
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


def test_next_moves_the_version_while_the_api_goes_on(compose, say):
    before = compose.container("api")["State"]["StartedAt"]
    with visitors(compose.address("API")) as people:
        (run,) = compose.api("next")["runs"]
    say(f"next {run['duration_s']:.0f} s, {people.n_answers} requests meanwhile")
    assert run["served_version"] == "2"
    assert people.failures == []
    assert compose.container("api")["State"]["StartedAt"] == before


def test_killed_containers_are_healed(compose):
    def states() -> list[dict[str, Any]]:
        return [compose.container(service) for service in LONG_RUNNING]

    before = [state["RestartCount"] for state in states()]
    for service in LONG_RUNNING:
        compose.run("compose", "exec", "-T", service, "sh", "-c", "kill -9 -1", code=None)
    eventually(lambda: all(state["RestartCount"] > n for state, n in zip(states(), before, strict=True)))
    eventually(lambda: all(state["State"]["Health"]["Status"] == "healthy" for state in states()), within_s=900)
    assert compose.get("/v1/model")["version"] == "2"


def test_the_loop_goes_on_after_the_kills(compose):
    (run,) = compose.api("next")["runs"]
    assert compose.get("/v1/model")["version"] == run["served_version"] == "3"


def test_a_command_and_a_dag_go_back_to_the_version_before(compose):
    assert compose.train("rollback")["version"] == "2"
    assert compose.get("/v1/model")["version"] == "2"
    assert compose.trigger("rollback_model", "once-more").state == "success"
    assert compose.get("/v1/model")["version"] == "1"
    assert [event["what"] for event in compose.train("versions")["history"]].count("rolled_back") == 2


def test_everything_ends_by_itself_within_five_seconds_and_is_still_there_after_up(compose, say):
    movie = compose.get("/v1/movies?limit=1")["items"][0]["movie_id"]
    rating = {"user_id": "stays", "movie_id": movie, "rating": 5}
    assert httpx.post(f"{compose.address('API')}/v1/ratings", json=rating, timeout=10).status_code == 201
    eventually(lambda: not _runs_that_go_on(compose))  # a task of a challenger would have to be killed
    versions, chunks, served = compose.train("versions"), _chunks(compose), compose.get("/v1/model")["version"]
    compose.run("compose", "stop", "--timeout", "5")
    assert [name for name in LONG_RUNNING if compose.container(name)["State"]["ExitCode"] == KILLED] == []
    compose.run("compose", "down")
    compose.up()
    say(f"up again {compose.seconds['up']:.0f} s")
    assert compose.train("versions") == versions
    assert _chunks(compose) == chunks
    assert compose.get("/v1/model")["version"] == served
    assert _rated(compose, "stays") == [movie]


def test_every_file_belongs_to_the_user_of_the_host(compose):
    assert {path.lstat().st_uid for path in compose.home.rglob("*")} == {UID}


def test_history_goes_to_the_native_mode_and_back(compose):
    before, chunks, (movie,) = compose.train("versions"), _chunks(compose), _rated(compose, "stays")
    compose.run("compose", "run", "--rm", "-T", "databases", "python", "-m", "matinee.containers", "to-native")
    compose.run("compose", "down")
    compose.native("up")
    try:
        assert json.loads(compose.native("versions", "--json")) == before
        assert _rated(compose, "stays") == [movie]
        rating = {"user_id": "native", "movie_id": movie, "rating": 4}
        assert httpx.post(f"{compose.address('API')}/v1/ratings", json=rating, timeout=10).status_code == 201
        compose.native("ingest", "--run-id", "native-day")
        compose.native("rollback", "--to", "3")
        after = json.loads(compose.native("versions", "--json"))
    finally:
        compose.native("down")
    compose.give_home_to(UID)
    compose.up()
    assert compose.train("versions") == after
    assert compose.get("/v1/model")["version"] == "3"
    assert len(_chunks(compose)) == len(chunks) + 1
    assert _rated(compose, "native") == _rated(compose, "stays") == [movie]


def test_every_part_of_the_page_is_shown_and_a_day_is_advanced_on_it(compose, tab):
    words, n_versions = ENGLISH.runs, len(compose.train("versions")["versions"])
    titles = {"": ENGLISH.for_you.title, "start-here": ENGLISH.start_here.title, "data": ENGLISH.data.title}
    for path, title in {**titles, "operations": ENGLISH.operations.title}.items():
        tab.goto(f"{compose.address('UI')}/{path}")
        expect(tab.get_by_role("heading", level=1)).to_have_text(title)
        expect(tab.get_by_test_id("stAlertContentError")).to_have_count(0)
    tab.get_by_role("button", name=words.advance).click()
    tab.get_by_role("button", name=words.do_advance, exact=True).click()
    expect(tab.get_by_text(words.waits)).to_be_visible()
    expect(tab.get_by_text(words.waits)).to_have_count(0, timeout=240_000)
    outcome = words.outcomes["promoted"], words.outcomes["rejected"]
    expect(tab.get_by_text(outcome[0]).or_(tab.get_by_text(outcome[1]))).to_be_visible()
    assert len(compose.train("versions")["versions"]) == n_versions + 1


def _refusal(compose: Compose, **changes: str) -> str:
    """The one line that the documented command shows after `up`, in a changed environment, named the service `init`."""
    refused = compose.run("compose", "up", "--wait", code=None, **changes)
    assert refused.returncode != 0
    assert 'service "init" didn\'t complete successfully' in refused.stderr.splitlines()[-1]
    shown = compose.run("compose", "logs", "--no-log-prefix", "init", **changes)
    lines = re.sub(r"\x1b\[\d*K", "", shown.stdout + shown.stderr).splitlines()
    assert [line[:7] for line in lines] == ["error: "]
    assert compose.services() == []
    return lines[0]


def _chunks(compose: Compose) -> list[str]:
    return sorted(path.name for path in (compose.home / "ratings").glob("*.parquet"))


def _rated(compose: Compose, user_id: str) -> list[str]:
    return [each["movie_id"] for each in compose.get(f"/v1/users/{user_id}/ratings")["ratings"]]


def _runs_that_go_on(compose):
    with httpx.Client(base_url=compose.address("AIRFLOW"), timeout=30, trust_env=False) as airflow:
        token = airflow.get("/auth/token").json()["access_token"]
        found = airflow.get(
            "/api/v2/dags/~/dagRuns",
            params={"state": ["queued", "running"]},
            headers={"Authorization": f"Bearer {token}"},
        )
        return found.raise_for_status().json()["dag_runs"]
