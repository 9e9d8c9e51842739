"""A history of another service, dropped on the page: found, told and added, in both languages and at both widths."""

import re

import pytest
from playwright.sync_api import expect

from matinee.clients.api import Client
from matinee.ui.texts.ko import KOREAN
from page_in_a_browser import BOTH, VISITS, code_of, drawn, press

pytestmark = pytest.mark.timeout(180)

UPLOADER = "[data-testid=stFileUploader]"


def dropped(tab, texts, text: str) -> None:
    tab.get_by_role("tab", name=texts.for_you.your_ratings).click()
    press(tab, tab.get_by_text(texts.for_you.history, exact=True))
    file = {"name": "ratings.csv", "mimeType": "text/csv", "buffer": text.encode()}
    tab.locator(f"{UPLOADER} input").set_input_files(file)


def letterboxd(title: str, year: int) -> str:
    rows = [
        "Date,Name,Year,Letterboxd URI,Rating",
        f'2024-05-04,"{title}",{year},u,4.5',
        "2024-05-05,Past Lives,2023,u,5",
    ]
    return "\n".join(rows)


@VISITS
def test_what_was_found_is_told_and_added_with_one_click(serve, site, tab, texts, size, settings):
    with serve(), Client(settings.api) as api:
        tab.set_viewport_size(size)
        drawn(tab, f"{site}/?user=newcomer&lang={code_of(texts)}", "", texts)
        movie = api.movies("", limit=500)[-1]
        dropped(tab, texts, letterboxd(movie.title, movie.year))
        for_texts = texts.for_you
        expect(tab.get_by_text(for_texts.history_found.format(service="Letterboxd", count=1))).to_be_visible()
        expect(tab.get_by_text("Past Lives (2023)")).to_be_visible()
        if texts is KOREAN:  # an icon is drawn by its name
            assert not set(re.findall("[A-Za-z]{4,}", tab.locator(UPLOADER).inner_text())) - {"ratings", "icon"}
        assert api.ratings("newcomer", limit=9) == ()
        press(tab, tab.get_by_role("button", name=for_texts.history_add.format(count=1)))
        expect(tab.locator("[class*=st-key-own-] h3").first).to_contain_text(movie.title[:10])
        assert [each.movie_id for each in api.ratings("newcomer", limit=9)] == [movie.movie_id]
        expect(tab.locator(f"{UPLOADER} input")).to_have_js_property("files.length", 0)
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.either
@BOTH
def test_a_file_that_is_no_history_is_answered_in_words(serve, site, tab, texts):
    with serve():
        drawn(tab, f"{site}/?user=newcomer&lang={code_of(texts)}", "", texts)
        dropped(tab, texts, "a,b\n1,2\n")
        expect(tab.get_by_text(texts.for_you.history_unknown)).to_be_visible()
        expect(tab.locator(".st-key-add-history")).to_have_count(0)
