"""Who rates on the page: what stays in its place under a finger, and what can be taken back."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from page_in_a_browser import CARD, LAYOUTS, VISITS, code_of, drawn, for_you, press
from running import eventually

pytestmark = pytest.mark.timeout(180)


@VISITS
def test_what_was_rated_can_be_undone(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size)
        title = tab.locator(f"{CARD} h3").first.inner_text()
        press(tab, tab.locator(CARD).first.get_by_role("radio").nth(4))
        expect(tab.locator(f"{CARD} h3").filter(has_text=re.compile(f"^{re.escape(title)}$"))).to_have_count(0)
        undo = tab.get_by_role("button", name=texts.movies.undo)
        expect(undo).to_be_in_viewport(ratio=1)
        found = Axe().run(tab, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        press(tab, undo)
        expect(tab.locator(f"{CARD} h3").first).to_have_text(title)
        expect(undo).to_have_count(0)


@LAYOUTS
def test_the_buttons_of_a_card_stand_in_one_row(serve, site, tab, texts, size):
    tab.set_viewport_size(size)
    with serve():
        drawn(tab, f"{site}/?user=u1&lang={code_of(texts)}", "", texts)
        buttons = tab.locator("[class*=st-key-choices-list]").first.get_by_role("button")
        expect(buttons).to_have_count(3)
        eventually(lambda: _spread(buttons) < 4, within_s=20)  # icons are wider until their letters have come


def _spread(buttons) -> float:
    """How far apart the middles are, from top to bottom."""
    tops = buttons.evaluate_all("all => all.map(e => e.getBoundingClientRect()).map(b => b.top + b.height / 2)")
    return max(tops) - min(tops)


LATE = re.compile(r"/static/js/(TextInput|ButtonGroup|PageLink|Feedback|Button|Selectbox|Slider)\.")
"""Scripts of what is on "For you" that the browser fetches when it is to be drawn."""


@LAYOUTS
def test_what_comes_late_moves_nothing_away_under_a_finger(serve, site, first_tab, texts, size):
    first_tab.set_viewport_size(size)
    late = []

    def hold(route) -> None:
        late.append(route)

    first_tab.route(LATE, hold)
    with serve():
        first_tab.goto(f"{site}/?user=u1&lang={code_of(texts)}")
        expect(first_tab.locator(f"{CARD} h3")).to_have_count(12)
        before = _tops(first_tab)
        for route in late:
            route.continue_()
        first_tab.unroute(LATE)
        expect(first_tab.get_by_label(texts.for_you.user, exact=True)).to_be_visible()
        expect(first_tab.get_by_test_id("stSkeleton")).to_have_count(0)
        assert len(late) > 3
        assert _tops(first_tab) == pytest.approx(before, abs=1)


def _tops(tab) -> list[float]:
    """Where the lists and all their cards begin."""
    return tab.locator(f".st-key-lists, {CARD}").evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")


@LAYOUTS
def test_the_bar_of_the_start_holds_its_words_before_anything_was_rated(serve, site, tab, texts, size):
    tab.set_viewport_size(size)
    with serve():
        drawn(tab, f"{site}/start-here?user=guest-1&lang={code_of(texts)}", "start-here", texts)
        bar, words = tab.locator(".st-key-start-progress"), tab.locator(".st-key-start-progress p")
        expect(words).to_be_visible()
        around, inside = bar.bounding_box(), words.bounding_box()
        assert around["y"] <= inside["y"]
        assert inside["y"] + inside["height"] <= around["y"] + around["height"]


@VISITS
def test_a_newcomer_rates_three_movies_that_stay_in_place_and_sees_the_list(serve, site, tab, texts, size):
    tab.set_viewport_size(size)
    with serve():
        drawn(tab, f"{site}/start-here?lang={code_of(texts)}", "start-here", texts)
        cards = tab.locator("[class*=st-key-card-start]")
        expect(cards).to_have_count(12)
        places = [card.bounding_box() for card in cards.all()]
        for number in range(3):
            cards.nth(number).get_by_role("radio").nth(4).click()
            expect(cards.nth(number).get_by_role("radio").nth(4)).to_have_attribute("aria-checked", "true")
        scrolled = tab.evaluate("document.querySelector('.stMain').scrollTop")
        assert [round(card.bounding_box()["y"] + scrolled) for card in cards.all()] == pytest.approx(
            [round(place["y"]) for place in places], abs=2
        )
        press(tab, tab.get_by_role("link", name=texts.start_here.see_list))
        expect(tab.locator(f"{CARD} h3").first).to_be_visible()
        expect(tab.get_by_text(texts.movies.fold_in)).to_be_visible()
        expect(tab.get_by_label(texts.for_you.user, exact=True)).to_have_value(re.compile("^guest-"))
