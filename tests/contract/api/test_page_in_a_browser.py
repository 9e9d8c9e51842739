"""The page in a real browser, on the real API server with a learned model."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import expect

from fake_airflow import FakeAirflow
from matinee.credentials import api_token
from matinee.serving.app import create_app
from matinee.settings import Settings
from matinee.ui.texts import ENGLISH, KOREAN
from running import eventually
from support import free_port

pytestmark = pytest.mark.timeout(180)

SCRIPT = Path(find_spec("matinee.ui").origin).with_name("page.py")
TITLES = {"": "for_you", "start-here": "start_here", "operations": "operations.title", "data": "data.title"}


@pytest.fixture
def airflow() -> Iterator[FakeAirflow]:
    with FakeAirflow() as server:
        yield server


@pytest.fixture
def settings(settings, airflow) -> Settings:
    return settings.model_copy(
        update={"airflow_url": airflow.url, "api_port": free_port(), "ui_port": free_port(), "impressions_s": 0}
    )


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """The API server at the port of the settings, until the end of the block."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=settings.api_port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def serve(settings, mlflow) -> Callable:
    """Serves the API with version 2 in production, after version 1."""
    for version in (1, 2):
        mlflow.register(version)
    return lambda: serving(settings)


@pytest.fixture
def site(settings) -> Iterator[str]:
    """Base URL of the page, started as `matinee up` does."""
    values = {"HOME": settings.home, "API_PORT": settings.api_port, "API_TOKEN": api_token(settings)}
    command = [sys.executable, "-m", "streamlit", "run", str(SCRIPT), "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(settings.ui_port)]
    command += ["--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"]
    environment = os.environ | {f"MATINEE_{name}": str(value) for name, value in values.items()}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            eventually(lambda: httpx.get(f"{settings.ui}/_stcore/health", trust_env=False).is_success)
            yield settings.ui
        finally:
            server.terminate()


def _title(texts, path: str) -> str:
    found = texts
    for name in TITLES[path].split("."):
        found = getattr(found, name)
    return found


def test_every_page_speaks_both_languages_and_fits_a_phone(serve, site, tab):
    with serve():
        for width in (1280, 390):
            tab.set_viewport_size({"width": width, "height": 844})
            for lang, texts in (("en", ENGLISH), ("ko", KOREAN)):
                for path in TITLES:
                    tab.goto(f"{site}/{path}?lang={lang}")
                    expect(tab.get_by_role("heading", level=1)).to_have_text(_title(texts, path))
                    expect(tab.get_by_test_id("stAlertContentError")).to_have_count(0)
                    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_a_rating_changes_the_list_and_every_control_has_a_name(serve, site, tab):
    with serve():
        tab.goto(f"{site}/?user=u1")
        cards = tab.locator("[class*=st-key-cards-list] .movie b")
        expect(cards.first).to_be_visible()
        before = cards.all_inner_texts()
        unnamed = tab.get_by_role("button", name="").evaluate_all(
            "all => all.filter(e => !(e.innerText + (e.ariaLabel ?? '') + (e.title ?? '')).trim()).length"
        )
        assert unnamed == 0
        stars = tab.locator("[class*=st-key-stars-list]").first.get_by_role("radio")
        stars.nth(4).focus()
        tab.keyboard.press("Space")
        expect(cards.filter(has_text=before[0])).to_have_count(0)
        expect(tab.get_by_text("From what you just rated")).to_be_visible()


def test_the_chosen_language_is_remembered_in_the_next_visit(serve, site, tab):
    with serve():
        tab.goto(site)
        tab.get_by_text("한국어").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text(KOREAN.for_you)
        eventually(lambda: any(cookie["value"] == "ko" for cookie in tab.context.cookies()))
        tab.goto(f"{site}/data")
        expect(tab.get_by_role("heading", level=1)).to_have_text(KOREAN.data.title)


def test_a_day_is_advanced_once_however_often_one_clicks(serve, site, tab, airflow):
    airflow.runs.append(airflow.deploy_run())
    with serve():
        tab.goto(f"{site}/operations")
        tab.get_by_role("button", name=ENGLISH.operations.advance).click()
        tab.get_by_role("button", name=ENGLISH.operations.confirm).dblclick()
        expect(tab.get_by_text(ENGLISH.operations.outcomes["promoted"])).to_be_visible()
        assert [dag_id for dag_id, _ in airflow.triggered if dag_id == "train_model"]
        assert len({run_id for _, run_id in airflow.triggered}) == 1


def test_an_api_that_is_down_is_told_and_the_page_recovers_by_itself(serve, site, tab):
    tab.goto(site)
    expect(tab.get_by_text("does not answer right now")).to_be_visible()
    assert "Traceback" not in tab.content()
    with serve():
        expect(tab.locator("[class*=st-key-cards-list] .movie").first).to_be_visible()
    expect(tab.get_by_text("does not answer right now")).to_be_visible()


def test_a_page_of_another_site_cannot_talk_to_the_server_of_the_page(site):
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    foreign = httpx.get(f"{site}/_stcore/stream", headers=upgrade | {"Origin": "http://evil.test"}, trust_env=False)
    assert foreign.status_code == 403
