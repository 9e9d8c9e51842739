"""How long people wait for the page: medians, in the browser, of the page that is up: `bench/page.py [ADDRESS]`.

- *first cards*: from the navigation to the first card of a learned list that can be read, with an empty cache and with
  the files of an earlier visit;
- *a star*: from the click on a star to a list without that movie, for a guest who has rated 700;
- *slow network*: from the navigation to the first words, and to the cards, at 1.6 Mbit/s and 300 ms, empty cache.

It rates as a guest of its own and takes all of it back in the end. A busy machine makes all of it slower: the load is
printed beside the figures.
"""

import json
import os
import secrets
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

from matinee.clients.api import Client
from matinee.clients.schemas.ratings import Rating
from matinee.environment import load_settings

USER = f"guest-{secrets.token_hex(3)}"
N_RATINGS = 700
ROUNDS = 5
SLOW = {"offline": False, "latency": 300, "downloadThroughput": 200_000, "uploadThroughput": 100_000}
"""1.6 Mbit/s, 300 ms."""

CARD = "[class*=st-key-card-list]"
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"

WORDS_SHOWN = (
    """() => { const words = document.querySelector('#root p'); return words && words.innerText.length > 5; }"""
)
CARDS_SHOWN = """() => document.querySelector("[class*=st-key-card-list] h3")?.checkVisibility()"""


def main() -> None:
    """Measure and print."""
    settings = load_settings()
    address = sys.argv[1] if len(sys.argv) > 1 else settings.ui
    with Client(settings.api) as api, rated(api), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        expect.set_options(timeout=120_000)
        first = [first_cards(browser, address) for _ in range(ROUNDS)]
        seconds = {
            "first cards, nothing cached": [each[0] for each in first],
            "first cards, again": [each[1] for each in first],
            f"a star, {N_RATINGS} ratings": stars(browser, address),
        }
        slow = [slow_network(browser, address) for _ in range(3)]
        seconds |= {"slow network, first words": [each[0] for each in slow], "slow, cards": [each[1] for each in slow]}
        browser.close()
    print(json.dumps({"load": round(os.getloadavg()[0], 1), **{name: told(each) for name, each in seconds.items()}}))


def told(seconds: list[float]) -> dict[str, float]:
    """Median and extremes in seconds."""
    return {
        "median_s": round(statistics.median(seconds), 2),
        "min_s": round(min(seconds), 2),
        "max_s": round(max(seconds), 2),
    }


@contextmanager
def rated(api: Client) -> Iterator[None]:
    """A guest who has rated 700 movies, until the end of the block."""
    found = {each.movie_id: None for query in ("", "the", "man", "love", "of") for each in api.movies(query, limit=500)}
    movies = list(found)[:N_RATINGS]
    api.rate(*[Rating(user_id=USER, movie_id=each, rating=1 + place % 5) for place, each in enumerate(movies)])
    try:
        yield
    finally:
        for each in api.ratings(USER, limit=1000):
            api.withdraw(USER, each.movie_id)


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    """A page of somebody who was never here."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(120_000)
    yield context.new_page()
    context.close()


def first_cards(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds to the first card, on the first visit and on the next."""
    with opened(browser) as page:
        first, again = (
            waited(page, lambda: page.goto(f"{address}/?user={USER}", wait_until="commit"), CARDS_SHOWN)
            for _ in range(2)
        )
    return first, again


def waited(page: Page, act: Callable[[], object], shown: str) -> float:
    """Seconds from an act to what it shows."""
    began = time.perf_counter()
    act()
    page.wait_for_function(shown)
    return time.perf_counter() - began


def stars(browser: Browser, address: str) -> list[float]:
    """Seconds from a star to the list without its movie."""
    seconds = []
    with opened(browser) as page:
        page.goto(f"{address}/?user={USER}")
        for _ in range(ROUNDS):
            expect(page.locator(f"{CARD} [role=radio]")).not_to_have_count(0)
            expect(page.locator(AT_REST)).to_be_attached()
            card = page.locator(CARD).first  # of one card, both: on a first visit the page is drawn twice
            title = card.locator("h3").inner_text()
            gone = f"() => document.querySelector('{CARD} h3')?.innerText !== {json.dumps(title)}"
            seconds.append(waited(page, card.locator("[role=radio]").nth(3).click, gone))
    return seconds


def slow_network(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds to the first words, and to the first card."""
    with opened(browser) as page:
        page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
        began = time.perf_counter()
        words = waited(page, lambda: page.goto(f"{address}/?user={USER}", wait_until="commit"), WORDS_SHOWN)
        page.wait_for_function(CARDS_SHOWN)
        return words, time.perf_counter() - began


if __name__ == "__main__":
    main()
