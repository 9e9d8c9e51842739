"""A real browser: Playwright with Debian's chromium; tests that need it are skipped where there is none."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

FLAGS = (
    "--no-sandbox",  # CI is root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        expect.set_options(timeout=60_000)
        yield launched
        launched.close()


def _somebody(browser: Browser) -> BrowserContext:
    """A profile without any file, of somebody who reads English on a laptop."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    return context


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody who reads English, whose browser keeps the files of the page."""
    context = _somebody(browser)
    yield context
    context.close()


@pytest.fixture
def tab(reader: BrowserContext) -> Iterator[Page]:
    """A tab of somebody who has never been here, as far as the page can know."""
    page = reader.new_page()
    yield page
    page.evaluate("try { localStorage.clear() } catch {}")  # a page that is no site's has none
    reader.clear_cookies()
    for each in reader.pages:
        each.close()


@pytest.fixture
def first_tab(browser: Browser) -> Iterator[Page]:
    """A tab of a browser that has no file of the page yet."""
    context = _somebody(browser)
    yield context.new_page()
    context.close()


def open_list(tab: Page, reach: Callable[[], None]) -> None:
    """Have the options of a list shown by a key; a page that is drawn anew meanwhile closes them or takes the focus.

    Args:
        tab: the page.
        reach: puts the focus on the list. A click is no way: the scrolling that it brings about closes the options.
    """
    for _ in range(5):
        reach()
        tab.keyboard.press("ArrowDown")
        with suppress(AssertionError):
            expect(tab.get_by_role("option").first).to_be_visible(timeout=3_000)
            return
    raise AssertionError("the list stays closed")
