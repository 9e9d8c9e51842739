"""The page in a real browser, on the real API server with a learned model."""

import re

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browsing import open_list
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.ko import KOREAN
from page_in_a_browser import BOTH, LAST, PARTS, TITLES, WINDOWS, code_of, drawn, press, press_until_focused
from running import eventually

pytestmark = pytest.mark.timeout(180)

AWAY = ENGLISH.common.unreachable.partition(".")[0]

RULES = {"resultTypes": ["violations"]}

TOO_WIDE = """
[...document.querySelectorAll("html, .stMain, .stAppViewContainer, .stMainBlockContainer")]
  .filter(e => e.scrollWidth > e.clientWidth).map(e => e.className + " " + e.scrollWidth)
"""
"""Whatever one would have to scroll sideways; a wide table scrolls within itself."""


@pytest.mark.usefixtures("full")
@pytest.mark.either
@BOTH
@pytest.mark.parametrize("path", TITLES)
def test_every_part_in_both_languages_is_accessible_and_fits_a_phone(serve, site, tab, path, texts):
    lang = code_of(texts)
    with serve():
        drawn(tab, f"{site}/{path}?lang={lang}&user=u1", path, texts)
        for size in reversed(WINDOWS):
            tab.set_viewport_size(size)
            eventually(lambda: tab.evaluate(TOO_WIDE) == [], within_s=10)  # charts take a moment
            found = Axe().run(tab, options=RULES)
            assert found.violations_count == 0, found.generate_report()


REFERRED = """
[...document.querySelectorAll("link[href], img[src], script[src], iframe[src]")].map(e => e.href || e.src)
"""
"""What the page has the browser fetch; Playwright does not tell of icons of tabs."""

ICON = "link[rel~=icon][href^='data:image/svg+xml']"


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("path", TITLES)
def test_no_part_asks_anybody_but_this_machine(serve, site, first_tab, path):
    asked = []
    first_tab.on("request", lambda request: asked.append(request.url))
    with serve():
        drawn(first_tab, f"{site}/{path}?user=u1", path, ENGLISH)
        expect(first_tab.locator(ICON)).to_have_count(1)
        asked += first_tab.evaluate(REFERRED)
    assert f"{site}/{path}?user=u1" in asked
    hosts = {httpx.URL(url).host for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts <= {"127.0.0.1", "localhost"}


def test_a_guest_who_types_an_address_by_hand_stays_the_same(serve, site, tab):
    with serve():
        tab.goto(f"{site}/start-here")
        expect(tab).to_have_url(re.compile("user=guest-"))
        guest = httpx.URL(tab.url).params["user"]
        eventually(lambda: guest in [cookie["value"] for cookie in tab.context.cookies()])
        tab.goto(f"{site}/data")
        expect(tab).to_have_url(re.compile(f"user={guest}"))


def test_a_rating_changes_the_list_and_every_control_has_a_name(serve, site, tab):
    with serve():
        tab.goto(f"{site}/?user=u1")
        cards = tab.locator("[class*=st-key-cards-list] h3")
        expect(cards.first).to_be_visible()
        before = cards.all_inner_texts()
        unnamed = tab.get_by_role("button", name="").evaluate_all(
            "all => all.filter(e => !(e.innerText + (e.ariaLabel ?? '') + (e.title ?? '')).trim()).length"
        )
        assert unnamed == 0
        stars = tab.locator("[class*=st-key-stars-list]").first.get_by_role("radio")
        stars.nth(4).focus()
        tab.keyboard.press("Space")
        expect(cards.filter(has_text=before[0])).to_have_count(0)
        expect(tab.get_by_text("Based on what you just rated")).to_be_visible()


def test_the_chosen_language_is_remembered_in_the_next_visit(serve, site, tab):
    with serve():
        tab.goto(site)
        tab.get_by_text("한국어").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text(KOREAN.for_you.title)
        eventually(lambda: any(cookie["value"] == "ko" for cookie in tab.context.cookies()))
        tab.goto(f"{site}/data")
        expect(tab.get_by_role("heading", level=1)).to_have_text(KOREAN.data.title)


def test_a_day_is_advanced_once_however_often_one_clicks(serve, site, tab, airflow):
    airflow.runs.append(airflow.deploy_run())
    with serve():
        tab.goto(f"{site}/operations")
        press(tab, tab.get_by_role("button", name=ENGLISH.runs.advance))
        tab.get_by_role("button", name=ENGLISH.runs.do_advance, exact=True).dblclick()
        expect(tab.get_by_text(ENGLISH.runs.outcomes["promoted"])).to_be_visible()
        assert [dag_id for dag_id, _ in airflow.triggered if dag_id == "train_model"]
        assert len({run_id for _, run_id in airflow.triggered}) == 1


def test_an_api_that_is_down_is_told_and_the_page_recovers_by_itself(serve, site, tab):
    tab.goto(site)
    expect(tab.get_by_text(AWAY)).to_be_visible()
    assert "Traceback" not in tab.content()
    with serve():
        expect(tab.locator("[class*=st-key-cards-list] .movie").first).to_be_visible()
    expect(tab.get_by_text(AWAY)).to_be_visible()


@pytest.mark.usefixtures("full")
@PARTS
def test_every_part_tells_that_the_api_went_and_recovers_by_itself(serve, site, tab, path):
    away = tab.get_by_text(AWAY)
    with serve():
        drawn(tab, f"{site}/{path}?user=u1", path, ENGLISH)
        expect(away).to_have_count(0)
    expect(away).to_be_visible()
    expect(tab.locator(LAST[path])).to_have_count(0)
    assert "Traceback" not in tab.content()
    with serve():
        expect(away).to_have_count(0)
        expect(tab.locator(LAST[path]).first).to_be_visible()


@pytest.mark.either
@BOTH
def test_an_action_that_airflow_refuses_says_so_in_its_question(serve, site, tab, airflow, texts):
    words = texts.runs
    airflow.paused = True
    with serve():
        drawn(tab, f"{site}/operations?lang={code_of(texts)}", "operations", texts)
        press(tab, tab.get_by_role("button", name=words.advance, exact=True))
        press(tab, tab.get_by_role("button", name=words.do_advance, exact=True))
        told = tab.get_by_role("dialog").get_by_test_id("stAlert")
        expect(told).to_contain_text(words.refusals["dag-paused"])
        expect(told).to_contain_text(words.not_started.format(action=words.advance).replace("*", ""))
        expect(tab.get_by_role("dialog")).to_contain_text("dags/train_model")
        for size in WINDOWS:
            tab.set_viewport_size(size)
            expect(told).to_be_in_viewport(ratio=1)
    assert airflow.triggered == []


def test_the_keyboard_alone_rates_a_movie_and_finds_one(serve, site, tab):
    with serve():
        drawn(tab, f"{site}/?user=u1", "", ENGLISH)
        stars = tab.locator("[class*=st-key-stars-list]").first.get_by_role("radio")
        press_until_focused(tab, stars.first)
        for _ in range(4):
            tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Space")
        expect(tab.get_by_text("Based on what you just rated")).to_be_visible()
        press_until_focused(tab, tab.get_by_label(ENGLISH.movies.search))
        tab.keyboard.type("part 3")
        expect(tab.locator("[class*=st-key-cards-found] .movie").first).to_be_visible()


def test_the_keyboard_alone_takes_a_question_back_and_promotes_a_version(serve, site, tab, airflow):
    words = ENGLISH.runs
    with serve():
        drawn(tab, f"{site}/operations", "operations", ENGLISH)
        press_until_focused(tab, tab.get_by_role("button", name=words.advance, exact=True))
        tab.keyboard.press("Enter")
        press_until_focused(tab, tab.get_by_role("button", name=words.do_advance, exact=True))
        tab.keyboard.press("Escape")
        expect(tab.get_by_role("dialog")).to_have_count(0)
        assert airflow.triggered == []
        versions = tab.get_by_role("combobox", name=ENGLISH.operations.choose_version)
        open_list(tab, lambda: press_until_focused(tab, versions))
        tab.keyboard.type(ENGLISH.operations.version.format(version="1"))
        tab.keyboard.press("Enter")
        press_until_focused(tab, tab.get_by_role("button", name=words.promote.format(version="1"), exact=True))
        tab.keyboard.press("Enter")
        press_until_focused(tab, tab.get_by_label(words.reason))
        tab.keyboard.type("I like it")
        press_until_focused(tab, tab.get_by_role("button", name=words.do_promote.format(version="1"), exact=True))
        tab.keyboard.press("Enter")
        eventually(lambda: [dag_id for dag_id, _ in airflow.triggered] == ["promote_version"], within_s=30)
        assert airflow.runs[-1].parameters == {"version": "1", "reason": "I like it"}


def test_a_page_of_another_site_cannot_talk_to_the_server_of_the_page(site):
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    foreign = httpx.get(f"{site}/_stcore/stream", headers=upgrade | {"Origin": "http://evil.test"}, trust_env=False)
    assert foreign.status_code == 403
