"""Not interested and the watch list, on a phone and on a laptop, in both languages."""

import re

import pytest
from playwright.sync_api import expect

from page_in_a_browser import VISITS, code_of, drawn, press, press_until_focused

pytestmark = pytest.mark.timeout(180)

TITLES = "[class*=st-key-card-list] h3"


def _for_you(tab, site, texts, size):
    tab.set_viewport_size(size)
    drawn(tab, f"{site}/?user=u1&lang={code_of(texts)}", "", texts)
    return tab.locator(TITLES).first.inner_text()


def _named(tab, text, title):
    return tab.get_by_role("button", name=text.format(title=title), exact=True)


@VISITS
def test_a_movie_that_somebody_is_not_interested_in_leaves_the_list_and_comes_back(serve, site, tab, texts, size):
    with serve():
        title = _for_you(tab, site, texts, size)
        gone = re.compile(f"^{re.escape(title)}$")
        button = _named(tab, texts.common.hide, title)
        press_until_focused(tab, button)
        box = button.bounding_box()
        assert size["width"] > 640 or min(box["width"], box["height"]) >= 44
        tab.keyboard.press("Enter")
        bar = tab.locator(".st-key-last-rating")
        expect(bar).to_contain_text(re.sub(r"[*\\]", "", texts.movies.hidden.format(title=title)))
        expect(tab.locator(TITLES).filter(has_text=gone)).to_have_count(0)
        tab.reload()
        expect(tab.locator(TITLES)).to_have_count(12)
        expect(tab.locator(TITLES).filter(has_text=gone)).to_have_count(0)
        press(tab, tab.get_by_role("tab", name=texts.for_you.your_ratings))
        press(tab, tab.locator(".st-key-own-hidden-0").get_by_role("button", name=texts.for_you.show_again))
        expect(tab.locator(".st-key-own-hidden-0")).to_have_count(0)
        press(tab, tab.get_by_role("tab", name=texts.movies.your_list))
        expect(tab.locator(TITLES).first).to_have_text(title)


@VISITS
def test_a_movie_is_put_on_the_watch_list_and_taken_off(serve, site, tab, texts, size):
    with serve():
        title = _for_you(tab, site, texts, size)
        press(tab, _named(tab, texts.common.put_on_list, title))
        expect(_named(tab, texts.common.take_off_list, title)).to_be_visible()
        expect(tab.locator(TITLES).first).to_have_text(title)
        press(tab, tab.get_by_role("tab", name=texts.for_you.your_ratings))
        listed = tab.locator(".st-key-own-watchlist-0")
        expect(listed).to_contain_text(title)
        press(tab, listed.get_by_role("button", name=texts.for_you.take_off))
        expect(listed).to_have_count(0)
