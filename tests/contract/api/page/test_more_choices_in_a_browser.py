"""More choices of a list, on a phone and on a laptop, in both languages, with the keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.ko import KOREAN
from page_in_a_browser import SIZES, for_you, press_until_focused

pytestmark = pytest.mark.timeout(180)

BOTH = pytest.mark.parametrize("texts", [ENGLISH, KOREAN], ids=["en", "ko"])
CARD = "[class*=st-key-card-list]"


@SIZES
@BOTH
def test_the_choices_are_closed_until_they_are_opened_with_the_keyboard_and_change_the_list(
    serve, site, tab, texts, size
):
    with serve():
        for_you(tab, site, texts, size)
        rare = tab.get_by_role("radio", name=texts.movies.rarities["rare"])
        expect(rare).not_to_be_visible()
        before = tab.locator(f"{CARD} h3").all_inner_texts()
        press_until_focused(tab, tab.locator(".st-key-more-choices summary"))
        tab.keyboard.press("Enter")
        expect(rare).to_be_visible()
        press_until_focused(tab, tab.locator(".st-key-rarity [role=radio]").first)
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Enter")
        expect(tab).to_have_url(re.compile("rarity=rare"))
        expect(tab.locator(".st-key-more-choices")).to_contain_text(texts.movies.more_choices_made.format(count=1))
        expect(tab.locator(f"{CARD} h3").first).not_to_have_text(before[0])
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@SIZES
@BOTH
def test_a_link_holds_several_genres_and_what_is_left_out(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size, "&genres=Comedy|Classic&without=Classic&rarity=nonsense&with=%2C")
        shown = tab.locator(f"{CARD} .movie small")
        expect(shown.first).to_contain_text(texts.common.genres["Comedy"])
        assert not shown.filter(has_text="Classic").count()
        expect(tab.locator(".st-key-more-choices")).to_contain_text(texts.movies.more_choices_made.format(count=2))


@SIZES
@BOTH
def test_a_list_in_company_says_for_whom_it_is_and_who_decided(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size, "&with=u2")
        sentence = texts.movies.together.format(users="u1, u2")
        expect(tab.get_by_text(sentence)).to_be_visible()
        expect(tab.locator(f"{CARD} .movie").filter(has_text=re.compile(r"\bu[12]\b")).first).to_be_visible()
