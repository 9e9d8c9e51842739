"""How tests wait for the page in a browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from playwright.sync_api import expect

from matinee.serving.app import create_app
from matinee.settings import Settings
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.ko import KOREAN
from running import eventually

TITLES = {"": "for_you", "start-here": "start_here", "operations": "operations", "data": "data"}
PARTS = pytest.mark.parametrize(
    "path", [path if path in ("", "operations") else pytest.param(path, marks=pytest.mark.long) for path in TITLES]
)
"""Parts of the page: in the short form the two that hold most."""

LAST = {
    "": "[class*=st-key-cards-list] .tile",
    "start-here": "[class*=st-key-cards-start] .tile",
    "operations": ".st-key-findings [data-testid=stExpander]",
    "data": "[data-testid=stExpander]",
}
"""What is there when a part of the page is drawn."""

WINDOWS = ({"width": 390, "height": 844}, {"width": 1280, "height": 900})
"""Sizes of a phone's window and of a laptop's, for a test that looks at both in one visit."""

VISITS = pytest.mark.parametrize(
    ("texts", "size"),
    [
        pytest.param(KOREAN, WINDOWS[0], marks=pytest.mark.either, id="ko-phone"),
        pytest.param(ENGLISH, WINDOWS[1], marks=pytest.mark.either, id="en-laptop"),
    ],
)
"""Each language and each size once: enough wherever the length of the words decides nothing."""

LAYOUTS = pytest.mark.parametrize(
    ("texts", "size"),
    [
        pytest.param(KOREAN, WINDOWS[0], id="ko-phone"),
        pytest.param(ENGLISH, WINDOWS[0], id="en-phone"),
        pytest.param(ENGLISH, WINDOWS[1], id="en-laptop"),
        pytest.param(KOREAN, WINDOWS[1], id="ko-laptop", marks=pytest.mark.long),
    ],
)
"""Each language in each size, where the length of the words decides; Korean words are short for a laptop."""

BOTH = pytest.mark.parametrize("texts", [ENGLISH, KOREAN], ids=["en", "ko"])
"""Languages."""

CARD = "[class*=st-key-card-list]"
"""A movie of the list on "For you"."""


def code_of(texts: Texts) -> str:
    """Code of a language, as addresses have it."""
    return "en" if texts is ENGLISH else "ko"


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """The API server at the port of the settings with what is in production, until the end of the block."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=settings.api_port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started)
        ready = f"http://127.0.0.1:{settings.api_port}/health/ready"
        eventually(lambda: "has not come to this server yet" not in httpx.get(ready, trust_env=False, timeout=30).text)
        yield
    finally:
        server.should_exit = True
        thread.join()


AT_REST = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
"""The page while no run of its script goes on."""


def press(tab, target) -> None:
    """Click what was just drawn, once the run that draws it has ended: what comes late can move what is there."""
    expect(target).to_be_visible()
    expect(tab.locator(AT_REST)).to_be_attached()
    target.click()


def drawn(tab, url: str, path: str, texts) -> None:
    """Open a part of the page and wait until all of it is there."""
    tab.goto(url)
    wait_until_drawn(tab, path, texts)


def wait_until_drawn(tab, path: str, texts) -> None:
    """Wait until all of a part of the page is there."""
    expect(tab.get_by_role("heading", level=1)).to_have_text(getattr(texts, TITLES[path]).title)
    expect(tab.locator(LAST[path]).first).to_be_visible()
    expect(tab.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(tab.get_by_test_id("stSkeleton")).to_have_count(0)  # of a field whose script has not come yet
    errors = tab.get_by_test_id("stAlertContentError")
    try:
        expect(errors).to_have_count(0)
    except AssertionError as error:
        raise AssertionError(f"The page shows: {errors.all_inner_texts()}") from error


def press_until_focused(tab, target, at_most: int = 150) -> None:
    """Go to a control as somebody without a mouse does."""
    expect(target).to_be_attached()
    for _ in range(at_most + 1):
        if target.evaluate("e => e === document.activeElement"):
            return
        tab.keyboard.press("Tab")
    raise AssertionError(target)


def for_you(tab, site, texts, size, more="") -> None:
    """Open "For you" as user u1, in the language of `texts`, with `more` of an address."""
    tab.set_viewport_size(size)
    drawn(tab, f"{site}/?user=u1&lang={code_of(texts)}{more}", "", texts)
