"""The page for people with a keyboard, a screen reader, a finger, or little patience."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.ko import KOREAN
from page_in_a_browser import (
    AT_REST,
    CARD,
    PARTS,
    TITLES,
    VISITS,
    WINDOWS,
    code_of,
    drawn,
    for_you,
    press,
    press_until_focused,
)
from running import eventually

pytestmark = pytest.mark.timeout(180)


@VISITS
def test_stars_and_buttons_are_named_after_their_movie(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size)
        for card in tab.locator(CARD).all()[:3]:
            title = card.get_by_role("heading", level=3).inner_text()
            expect(card.get_by_role("radiogroup")).to_have_accessible_name(texts.common.stars.format(title=title))
            expect(card.get_by_role("radio").nth(2)).to_have_accessible_name(texts.common.star.format(count=3))
            expect(card.get_by_role("button", name=f"{texts.movies.similar}: {title}")).to_be_visible()


APP = "document.querySelector('.stApp')"
NAMES = "[...document.querySelectorAll('.stMain [aria-label]')].map(e => e.getAttribute('aria-label'))"
OWN_NAMES = re.compile("NDCG|item-kNN|The Léon Chronicle, Part|English|PNG|Vega-Lite|Airflow|MLflow")
"""What stays in Latin letters in Korean."""

WORDS = """
() => {
  // Dialogs and what a button opens lie beside the page, not in it.
  const places = document.querySelectorAll(".stMain, [role=dialog], [data-testid=stPopoverBody]");
  const found = [];
  for (const place of places) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { parentElement: parent, data } = walker.currentNode;
      // Buttons of an icon alone hold its name, which nobody sees, and have another one that is read.
      const isReplaced = parent.closest("button[aria-label]") && parent.getBoundingClientRect().width <= 1;
      if (!isReplaced && !parent.closest("style, script, [data-testid*=Icon], [translate=no]")) found.push(data);
    }
  }
  return found.join(" ").replaceAll(/\\S*\\/\\S*/g, "").match(/[A-Za-z]{4,}|[*]{2}/g) || [];
}
"""
"""What is written on the page in Latin letters, without paths and addresses, and marks that were to be bold letters;
names of icons are drawn as icons."""

READ_IN_LATIN = {
    "English",
    "Classic",
    "blend",
    "item",
    "Airflow",
    "MLflow",
    "NDCG",
    "Léon",
    "Chronicle",
    "Part",
    "Shannon",
    "Jensen",
    "matinee",
}

OPENED = {
    "": (
        ".st-key-more-choices summary",
        "[class*=st-key-choices-list] [data-testid=stPopoverButton]",
        ".st-key-who button",
    ),
    "start-here": ("[class*=st-key-choices-start] [data-testid=stPopoverButton]",),
    "operations": (".st-key-findings summary", ".st-key-advance button"),
    "data": (".stMain summary",),
}
"""What has more words behind it, by page."""


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("path", TITLES)
def test_no_word_and_no_name_on_a_korean_page_is_english(serve, site, tab, path):
    with serve():
        for size in WINDOWS:
            tab.set_viewport_size(size)
            drawn(tab, f"{site}/{path}?user=u1&lang=ko", path, KOREAN)
            eventually(lambda: _nothing_is_english(tab), within_s=10)
            for place in OPENED[path]:
                press(tab, tab.locator(place).first)
                expect(tab.locator(AT_REST)).to_be_attached()
                eventually(lambda: _nothing_is_english(tab), within_s=10)
                tab.keyboard.press("Escape")


def _nothing_is_english(tab) -> bool:
    assert set(tab.evaluate(WORDS)) - READ_IN_LATIN == set()
    assert [name for name in tab.evaluate(NAMES) if re.search("[A-Za-z]{3}", OWN_NAMES.sub("", name))] == []
    return True


@VISITS
def test_the_first_star_is_within_eight_presses_and_the_skip_link_leads_there(serve, site, tab, texts, size):
    tab.set_viewport_size(size)
    with serve():
        drawn(tab, f"{site}/?user=u1&lang={code_of(texts)}", "", texts)
        expect(tab.locator(AT_REST)).to_be_attached()
        skip = tab.get_by_role("button", name=texts.common.skip)
        press_until_focused(tab, skip, at_most=7)
        expect(skip).to_be_in_viewport()
        tab.keyboard.press("Enter")
        expect(tab.locator(CARD).first.get_by_role("radio").first).to_be_focused()


def test_the_skip_link_leads_to_the_first_star_even_if_that_is_drawn_later(serve, site, first_tab):
    held = []
    first_tab.route("**/Feedback.*.js", lambda route: held.append(route))  # noqa: PLW0108  Playwright looks at its arguments
    with serve():
        first_tab.goto(f"{site}/?user=u1&lang=en")
        expect(first_tab.locator(f"{CARD} h3")).to_have_count(12)
        expect(first_tab.locator(AT_REST)).to_be_attached()
        press_until_focused(first_tab, first_tab.get_by_role("button", name=ENGLISH.common.skip), at_most=7)
        first_tab.keyboard.press("Enter")
        for route in held:
            route.continue_()
        expect(first_tab.locator(CARD).first.get_by_role("radio").first).to_be_focused()


@VISITS
def test_the_focus_stays_where_one_rates(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size)
        expect(tab.locator(AT_REST)).to_be_attached()
        card = tab.locator(".st-key-card-list-2")
        before = card.get_by_role("heading").inner_text()
        card.get_by_role("radio").nth(4).focus()
        tab.keyboard.press("Space")
        expect(card.get_by_role("heading")).not_to_have_text(before)
        # The heading changes before the stars under the focus go.
        expect(card.get_by_role("radio").nth(4)).not_to_be_checked()
        expect(tab.locator(AT_REST)).to_be_attached()
        tab.wait_for_timeout(500)
        expect(card.locator(":focus")).to_have_count(1)


TOO_SMALL = """
() => [...document.querySelectorAll(".stMain :is(button, summary, [role=tab], [role=radio], input, a[href])")]
  .filter(e => !e.closest("[data-testid=stMarkdownContainer], .skip, [data-testid=stElementToolbar]"))
  // What is inside a field belongs to it: the whole of it can be touched.
  .map(e => e.closest("[role=group]:has([role=combobox]), [data-testid=stTextInputRootElement]") || e)
  .map(e => [e.outerHTML.slice(0, 120), e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && (box.width < 44 || box.height < 44))
  .map(([text, box]) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${text}`)
"""
"""What a finger could miss, but for links within a text and the tools of a chart, which has a table below it."""


@pytest.mark.usefixtures("full")
@PARTS
def test_on_a_phone_all_that_is_touched_is_large_enough_for_a_finger(serve, site, browser, path):
    context = browser.new_context(viewport=WINDOWS[0], has_touch=True, is_mobile=True)
    tab = context.new_page()
    with serve():
        for texts in (ENGLISH, KOREAN):
            drawn(tab, f"{site}/{path}?user=u1&lang={code_of(texts)}", path, texts)
            expect(tab.locator(AT_REST)).to_be_attached()
            eventually(lambda: _nothing_is_too_small(tab), within_s=10)
            bar = tab.locator(".st-key-tab-bar").bounding_box()
            assert bar["y"] + bar["height"] == pytest.approx(844, abs=2)
            expect(tab.get_by_test_id("stSidebar")).to_have_count(0)
    context.close()


def _nothing_is_too_small(tab) -> bool:
    found = tab.evaluate(TOO_SMALL)
    assert found == []
    return True


SLOW = {"offline": False, "latency": 300, "downloadThroughput": 200_000, "uploadThroughput": 100_000}
"""1.6 Mbit/s, 300 ms."""


@VISITS
def test_on_a_slow_network_something_can_be_read_within_three_seconds(site, first_tab, texts, size):
    first_tab.set_viewport_size(size)
    first_tab.context.new_cdp_session(first_tab).send("Network.emulateNetworkConditions", SLOW)
    first_tab.goto(f"{site}/?lang={code_of(texts)}", wait_until="commit")
    expect(first_tab.get_by_text(texts.common.loading)).to_be_visible(timeout=3_000)


@VISITS
def test_an_address_without_a_page_is_told_in_the_readers_language(site, tab, texts, size):
    tab.set_viewport_size(size)
    tab.goto(f"{site}/nowhere?lang={code_of(texts)}")
    expect(tab.get_by_role("heading", name=texts.common.no_page)).to_be_in_viewport(ratio=1)
    expect(tab.locator("html")).to_have_attribute("lang", code_of(texts))


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("path", "texts", "size"),
    [
        ("", KOREAN, WINDOWS[0]),
        ("start-here", ENGLISH, WINDOWS[1]),
        ("operations", ENGLISH, WINDOWS[0]),
        ("data", KOREAN, WINDOWS[1]),
    ],
    ids=TITLES,
)
def test_the_dark_theme_can_be_read(serve, site, browser, path, texts, size):
    context = browser.new_context(viewport=size, color_scheme="dark", locale=code_of(texts))
    tab = context.new_page()
    with serve():
        drawn(tab, f"{site}/{path}?user=u1", path, texts)
        assert tab.evaluate(f"getComputedStyle({APP}).backgroundColor") == "rgb(23, 19, 15)"
        found = Axe().run(tab, options={"runOnly": ["color-contrast"]})
        assert found.violations_count == 0, found.generate_report()
    context.close()


@VISITS
def test_nothing_moves_for_somebody_who_asked_for_less_motion(serve, site, browser, texts, size):
    context = browser.new_context(viewport=size, reduced_motion="reduce", locale=code_of(texts))
    tab = context.new_page()
    with serve():
        drawn(tab, f"{site}/?user=u1", "", texts)
        moving = "[...document.querySelectorAll('*')].map(e => getComputedStyle(e).transitionDuration)"
        assert {float(each.rstrip("s")) < 0.001 for each in ", ".join(tab.evaluate(moving)).split(", ")} == {True}
    context.close()
