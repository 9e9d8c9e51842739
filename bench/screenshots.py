"""Pictures of the page for the README: `.venv/bin/python bench/screenshots.py [ADDRESS]`, while matinee is up."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from matinee.environment import load_settings

FOLDER = Path(__file__).parents[1] / "docs" / "images"
PAGES = {
    "for-you": ("?user=1", "[class*=st-key-cards-list] .tile"),
    "start-here": ("start-here?user=guest-1", "[class*=st-key-cards-start] .tile"),
    "operations": ("operations?", ".stMain [data-testid=stExpander]"),
    "data": ("data?", "[data-testid=stVegaLiteChart]"),
}
"""Address of each page, and what is there when it is drawn."""

SETTLED_MS = 2500
"""Until charts have found their size."""


def main() -> None:
    """Write a picture of each page in each language."""
    address = sys.argv[1] if len(sys.argv) > 1 else load_settings().ui
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for lang in ("en", "ko"):
            for name, (path, drawn) in PAGES.items():
                page = browser.new_page(viewport={"width": 1280, "height": 1000}, locale=lang)
                page.goto(f"{address}/{path}&lang={lang}")
                page.wait_for_selector(drawn)
                page.wait_for_timeout(SETTLED_MS)
                page.screenshot(path=FOLDER / f"{name}.{lang}.png")
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
