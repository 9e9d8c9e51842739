"""The daily loop with the real Airflow, MLflow, API server and Streamlit, in the order in which a person meets it."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import httpx
import polars as pl
import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, text

from asking import EVIL_HOST, EVIL_ORIGIN, UPGRADE, Asked
from browsing import open_list
from matinee.clients.airflow import Airflow
from matinee.clients.airflow.records import DagRun
from matinee.local import postgres
from matinee.local.state import State
from matinee.ui.texts.en import ENGLISH
from page_in_a_browser import AT_REST, press
from running import elsewhere, eventually, visitors

OPERATIONS, RUNS = ENGLISH.operations, ENGLISH.runs

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]


def test_up_returns_with_addresses_and_a_learned_recommendation(system):
    for address in (system.settings.api, system.settings.mlflow, system.settings.airflow, system.settings.ui):
        assert address in system.printed
    assert "learned, model version 1" in system.printed
    print(system.printed.splitlines()[-1])


def test_recommendations_are_learned_and_have_titles(system):
    answer = system.get(f"/v1/users/{system.somebody}/recommendations?k=10")
    assert answer["policy"] == "learned"
    assert len(answer["items"]) == 10
    assert all(item["title"] for item in answer["items"])


def test_a_second_up_changes_nothing(system):
    before = {each["name"]: each["pid"] for each in system.json("status")["processes"]}
    system.matinee("up")
    assert {each["name"]: each["pid"] for each in system.json("status")["processes"]} == before
    assert len(system.json("versions")["versions"]) == 1


def test_the_page_answers_by_its_own_names_only(system):
    page = Asked(system.settings.ui_port)
    assert page.status("/") == page.status("/", {"Host": f"localhost:{page.port}"}) == 200
    assert page.status("/", EVIL_HOST) == 421
    assert page.status("/", EVIL_ORIGIN) == 403
    assert page.status("/_stcore/health", EVIL_HOST) == 200


def test_the_websocket_of_the_page_opens_for_its_own_pages_only(system):
    page = Asked(system.settings.ui_port)
    rebound = {"Host": f"evil.example:{page.port}", "Origin": f"http://evil.example:{page.port}"}
    assert page.status("/_stcore/stream", UPGRADE | page.own) == 101
    assert page.status("/_stcore/stream", UPGRADE | rebound) == 403
    assert page.status("/_stcore/stream", UPGRADE | EVIL_ORIGIN) == 403


def test_airflow_gives_a_token_to_its_own_pages_only(system):
    airflow = Asked(system.settings.airflow_port)
    assert airflow.status("/auth/token") == airflow.status("/auth/token", airflow.own) == 201
    assert airflow.status("/auth/token", EVIL_HOST) == 421
    assert airflow.status("/auth/token", EVIL_ORIGIN) == 403


@pytest.mark.parametrize("path", ["/", "/api/v2/dags", "/ui/config", "/execution/task-instances/x"])
def test_every_room_of_airflow_is_closed_to_another_name(system, path):
    airflow = Asked(system.settings.airflow_port)
    assert airflow.status(path, EVIL_HOST) == 421
    assert airflow.status(path, EVIL_ORIGIN) == 403


def test_health_checks_of_airflow_are_answered_by_any_name(system):
    airflow = Asked(system.settings.airflow_port)
    assert airflow.status("/execution/health", EVIL_HOST) == 200
    assert airflow.status("/api/v2/monitor/health", EVIL_HOST) == 200


def test_mlflow_answers_by_its_own_names_only(system):
    mlflow = Asked(system.settings.mlflow_port)
    path = "/api/2.0/mlflow/experiments/get?experiment_id=0"
    assert mlflow.status(path) == mlflow.status(path, {"Host": f"[::1]:{mlflow.port}"}) == 200
    assert mlflow.status(path, EVIL_HOST) == 403
    assert mlflow.status("/health", EVIL_HOST) == 200
    assert mlflow.status("/api/2.0/mlflow/experiments/create", EVIL_ORIGIN, "POST") == 403


def test_three_days_move_the_version_three_times_and_nobody_notices(system):
    system.post_rating("somebody-new", system.get("/v1/movies?limit=1")["items"][0]["movie_id"])
    pid = system.process("api")["pid"]
    with visitors(system.settings.api) as people:
        runs = system.json("next", "-n", "3")["runs"]
    print(f"next took {[round(run['duration_s'], 1) for run in runs]} s, {people.n_answers} requests")
    assert [run["served_version"] for run in runs] == ["2", "3", "4"]
    assert people.failures == []
    assert people.versions == ["1", "2", "3", "4"]
    assert system.process("api")["pid"] == pid


def test_a_rating_posted_before_a_run_is_in_its_chunk(system):
    chunk = pl.read_parquet(system.settings.home / "ratings" / "chunk-00002.parquet")
    assert "somebody-new" in chunk["user_id"]
    later = pl.read_parquet(system.settings.home / "ratings" / "chunk-00003.parquet")
    assert "somebody-new" not in later["user_id"]


def test_mlflow_shows_one_production_and_three_archived_versions(system):
    stages = [each["stage"] for each in system.json("versions")["versions"]]
    assert stages == ["production", "archived", "archived", "archived"]
    assert "root" in httpx.get(system.settings.mlflow).text


def test_the_page_is_there(system):
    assert httpx.get(f"{system.settings.ui}/_stcore/health").text == "ok"


@pytest.mark.parametrize("name", ["api", "mlflow", "airflow-scheduler", "postgres", "watchdog"])
def test_a_killed_process_is_healed(system, name):
    pid = system.process(name)["pid"]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: system.process(name)["pid"] not in (None, pid) and system.process(name)["state"] == "ready")
    eventually(lambda: system.get("/v1/model")["version"] == "4")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_another_supervisor_takes_over_what_one_has_left_that_was_killed_or_frozen(system, number):
    def all_are_ready() -> bool:
        return {each["state"] for each in system.json("status")["processes"]} == {"ready", "done"}

    eventually(all_are_ready)
    before = State.read(system.settings.home)
    os.kill(before.pid, number)
    eventually(lambda: State.read(system.settings.home).pid != before.pid)
    eventually(all_are_ready)
    kept = [
        [(each.name, each.pid, each.restarts) for each in state.processes]
        for state in (before, State.read(system.settings.home))
    ]
    assert kept[0] == kept[1]
    assert system.get("/health/ready")["problems"] == {}


def test_after_the_kills_a_day_is_advanced_on_the_page_with_live_progress(system, tab):
    n_versions = len(system.json("versions")["versions"])
    tab.goto(f"{system.settings.ui}/operations")
    press(tab, tab.get_by_role("button", name=RUNS.advance))
    press(tab, tab.get_by_role("button", name=RUNS.do_advance, exact=True))
    expect(tab.get_by_text(RUNS.waits)).to_be_visible()
    expect(tab.get_by_text(RUNS.waits)).to_have_count(0, timeout=240_000)
    outcome = RUNS.outcomes["promoted"], RUNS.outcomes["rejected"]
    expect(tab.get_by_text(outcome[0]).or_(tab.get_by_text(outcome[1]))).to_be_visible()
    assert len(system.json("versions")["versions"]) == n_versions + 1


def test_a_rollback_on_the_page_serves_the_version_before_again(system, tab):
    left = system.get("/v1/model")["version"]
    tab.goto(f"{system.settings.ui}/operations")
    with visitors(system.settings.api) as people:
        press(tab, tab.locator(".st-key-roll_back button"))
        tab.get_by_label(RUNS.reason).fill("to see it done")
        press(tab, tab.locator(".st-key-confirm button"))
        ended = RUNS.ended.format(action=RUNS.actions["roll_back"], outcome=RUNS.outcomes["rolled_back"])
        expect(tab.get_by_text(ended)).to_be_visible(timeout=120_000)
        eventually(lambda: len(people.versions) == 2)
    found = system.json("versions")
    served = next(each["version"] for each in found["versions"] if each["stage"] == "production")
    assert people.failures == []
    assert people.versions == [left, served]
    *_, begun, moved, deployed = found["history"]
    assert [begun["what"], moved["what"], deployed["what"]] == ["rolling_back", "rolled_back", "deployed"]
    assert (moved["version"], moved["previous_version"], deployed["version"]) == (served, left, served)
    assert moved["who"].startswith("rollback_model api__")


def test_whoever_has_no_token_starts_nothing(system):
    answer = httpx.post(f"{system.settings.api}/v1/runs", json={"action": "advance"}, timeout=10)
    assert answer.status_code == 401


def test_after_a_rollback_production_is_held_until_somebody_resumes(system):
    if all(event["what"] != "rolled_back" for event in system.json("versions")["history"]):
        system.matinee("rollback")  # the browser that does it on the page is not on this machine
    kept = system.get("/v1/model")["version"]
    (run,) = system.advance()
    assert run["outcome"] == "rejected"
    assert "the model in production stays" in run["reason"]
    assert system.get("/v1/model")["version"] == kept
    assert system.json("resume", "--reason", "seen enough")["version"] == kept
    (run,) = system.advance()
    assert run["outcome"] == "promoted"
    assert system.get("/v1/model")["version"] == run["served_version"] != kept


def test_a_version_is_promoted_by_hand_on_the_page_and_served(system, tab):
    versions = system.json("versions")["versions"]
    wanted = next(each["version"] for each in versions if each["stage"] != "production")
    named = OPERATIONS.version.format(version=wanted)
    tab.goto(f"{system.settings.ui}/operations")
    expect(tab.get_by_test_id("stLinkButton").last).to_be_visible()
    expect(tab.locator(AT_REST)).to_be_attached()  # an opened list goes when what holds it is drawn anew
    open_list(tab, tab.get_by_role("combobox", name=OPERATIONS.choose_version).focus)
    tab.get_by_role("option", name=named, exact=True).click()
    with visitors(system.settings.api) as people:
        press(tab, tab.get_by_role("button", name=RUNS.promote.format(version=wanted), exact=True))
        expect(tab.get_by_text(RUNS.confirm_promote.format(version=wanted))).to_be_visible()
        assert system.get("/v1/model")["version"] != wanted
        tab.get_by_label(RUNS.reason).fill("to see it served")
        press(tab, tab.get_by_role("button", name=RUNS.do_promote.format(version=wanted), exact=True))
        expect(tab.get_by_text(RUNS.serves.format(version=wanted))).to_be_visible(timeout=120_000)
    assert people.failures == []
    assert system.get("/v1/model")["version"] == wanted
    expect(tab.get_by_test_id("stMetricValue").first).to_have_text(named)
    found = system.json("versions")
    assert [each["version"] for each in found["versions"] if each["stage"] == "production"] == [wanted]
    promoted = [event for event in found["history"] if event["what"] == "promoted"][-1]
    assert (promoted["version"], promoted["reason"]) == (wanted, "By hand: to see it served")


@pytest.mark.parametrize("n_triggers", [3, pytest.param(8, marks=pytest.mark.long)])
def test_triggers_at_once_and_a_person_who_clicks_do_no_harm(system, n_triggers):
    n_chunks = len(list((system.settings.home / "ratings").glob("*.parquet")))
    pages = ["/", "/dags", "/dags/train_model", "/api/v2/dags", "/api/v2/dags/train_model/dagRuns", "/api/v2/assets"]

    def trigger(number: int) -> DagRun:
        with Airflow(system.settings) as client:
            return client.trigger("train_model", f"at-once-{n_triggers}-{number}")

    def click(page: str) -> int:
        with httpx.Client(base_url=system.settings.airflow, timeout=30, trust_env=False) as browser:
            token = browser.get("/auth/token").json()["access_token"]
            return browser.get(page, headers={"Authorization": f"Bearer {token}"}).status_code

    with ThreadPoolExecutor(16) as pool:
        runs = list(pool.map(trigger, range(n_triggers)))
        clicks = list(pool.map(click, pages * 10))
    assert set(clicks) <= {200}
    with Airflow(system.settings) as client:
        ended = [client.follow(run, lambda _: None) for run in runs]
        chunk_ids = [client.result(run, "ingest")["chunk_id"] for run in ended]
    assert sorted(chunk_ids) == list(range(n_chunks + 1, n_chunks + n_triggers + 1))
    assert sum(each["stage"] == "production" for each in system.json("versions")["versions"]) == 1


AGED = (
    "UPDATE dag_run SET start_date = start_date - interval '60 days' WHERE state = 'success'",
    "UPDATE task_instance SET start_date = start_date - interval '60 days' WHERE state = 'success'",
    "UPDATE job SET latest_heartbeat = latest_heartbeat - interval '60 days' WHERE state = 'success'",
    "UPDATE xcom SET timestamp = timestamp - interval '60 days'",
    "UPDATE log SET dttm = dttm - interval '60 days'",
    "UPDATE asset_event SET timestamp = timestamp - interval '60 days'",
    "UPDATE dag_version SET created_at = created_at - interval '60 days'",
)
"""All that has happened was two months ago, in the columns that Airflow goes by."""


def test_airflow_forgets_what_is_older_than_its_days_and_the_next_day_is_learned(system):
    before = _kept(system)
    engine = create_engine(postgres.url(system.settings))
    runs = "SELECT count(*) FROM dag_run WHERE dag_id = 'train_model' AND state = 'success'"
    with engine.begin() as database:
        n_runs = database.execute(text(runs)).scalar_one()
        for statement in AGED:
            database.execute(text(statement))
    removed = {each["what"]: each for each in system.json("prune")["removed"]}
    with engine.begin() as database:
        left = database.execute(text(runs)).scalar_one()
        logged = "SELECT count(*) FROM log WHERE dttm < now() - interval '30 days'"
        assert database.execute(text(logged)).scalar_one() == 0
    engine.dispose()
    assert removed["records of Airflow"]["problem"] == ""
    assert left <= 1 < n_runs  # the last one that Airflow started by itself stays
    assert _kept(system) == before
    (run,) = system.advance()
    assert run["outcome"] in ("promoted", "rejected")


def _kept(system):
    """Versions; metrics of the newest still come, from what runs after the deployment."""
    return [(each["version"], each["stage"], each["has_artifacts"]) for each in system.json("versions")["versions"]]


def test_doctor_finds_nothing_wrong(system):
    assert all(finding["ok"] for finding in system.json("doctor")["findings"])


def test_down_leaves_no_process_a_backup_serves_the_same_elsewhere_and_up_continues_where_it_was(system, tmp_path):
    path = f"/v1/users/{system.somebody}/recommendations?k=10"
    before = system.json("versions")["versions"]
    served = next(each["version"] for each in before if each["stage"] == "production")
    eventually(lambda: system.get("/v1/model")["version"] == served)
    model, items = system.get("/v1/model"), system.get(path)["items"]
    assert "matinee down" in system.failing("backup", str(tmp_path / "saved.tar.gz"), code=3)

    system.matinee("down")
    assert system.processes() == []
    assert "did not run" in system.matinee("down")
    system.matinee("backup", str(tmp_path / "saved.tar.gz"))

    other = elsewhere(system, tmp_path / "home")
    other.matinee("restore", str(tmp_path / "saved.tar.gz"))
    try:
        other.matinee("up")
        assert other.get("/v1/model")["run_id"] == model["run_id"]
        assert other.get(path)["items"] == items
        stages = {each["version"]: each["stage"] for each in other.json("versions")["versions"]}
        assert stages[served] == "production"
    finally:
        other.matinee("down")

    assert "learned, model version" in system.matinee("up")
    assert system.json("versions")["versions"] == before
    assert system.get("/v1/model")["version"] == served
