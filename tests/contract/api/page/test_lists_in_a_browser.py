"""The lists of "For you" on a phone and on a laptop: the search by other names, own ratings, more movies, filters."""

import re

import pytest
from playwright.sync_api import expect

from browsing import open_list
from page_in_a_browser import CARD, VISITS, for_you, press, press_until_focused

pytestmark = pytest.mark.timeout(180)


@VISITS
def test_own_ratings_are_within_reach_and_can_be_changed_and_taken_back(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size)
        own = tab.get_by_role("tab", name=texts.for_you.your_ratings)
        expect(own).to_be_in_viewport()
        own.click()
        row = tab.locator(".st-key-own-0")
        title = row.get_by_role("heading", level=3).inner_text()
        press(tab, row.get_by_role("radio").nth(1))
        bar = tab.locator(".st-key-last-rating")
        expect(bar).to_contain_text(re.sub(r"[*\\]", "", texts.movies.rated.format(title=title, stars="2")))
        row = tab.locator("[class*=st-key-own-]").filter(has_text=title).first
        expect(row).to_be_in_viewport()
        expect(row.get_by_role("radio").nth(1)).to_be_checked()
        press(tab, row.get_by_role("radio").nth(1))
        expect(bar).to_contain_text(re.sub(r"[*\\]", "", texts.movies.taken_back.format(title=title)))
        expect(
            tab.locator("[class*=st-key-own-] h3").filter(has_text=re.compile(f"^{re.escape(title)}$"))
        ).to_have_count(0)


@VISITS
def test_more_than_twelve_movies_are_a_click_away(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size)
        cards = tab.locator(f"{CARD} h3")
        expect(cards).to_have_count(12)
        first = cards.all_inner_texts()
        press(tab, tab.get_by_role("button", name=texts.movies.show_more))
        expect(tab.get_by_role("button", name=texts.movies.show_more)).to_have_count(0)  # u1 has not seen 17
        expect(cards).to_have_count(17)
        assert cards.all_inner_texts()[:12] == first


@VISITS
def test_a_decade_is_chosen_with_the_arrow_keys_and_the_list_follows(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size)
        years = tab.locator(".st-key-years input")
        open_list(tab, lambda: press_until_focused(tab, years))
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("Enter")
        expect(tab).to_have_url(re.compile("years="))
        first = int(re.search(r"years=(\d{4})", tab.url)[1])
        expect(years).to_have_value(texts.movies.decade.format(first=first))
        shown = tab.locator(f"{CARD} .tile small")
        expect(shown.filter(has_text=re.compile(rf"^(?!{str(first)[:3]})"))).to_have_count(0)
        assert all(first <= int(year) <= first + 9 for year in shown.all_inner_texts())
