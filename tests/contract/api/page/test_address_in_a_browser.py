"""The address of the page: it survives whatever a visitor does, and a link shows a colleague the same thing."""

import random
import re

import pytest
from playwright.sync_api import Error, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from browsing import open_list
from matinee.clients.api import Client
from matinee.clients.schemas.ratings import Rating
from matinee.ui.texts.en import ENGLISH
from page_in_a_browser import AT_REST, TITLES, VISITS, WINDOWS, code_of, drawn, for_you, press, wait_until_drawn
from running import eventually

pytestmark = pytest.mark.timeout(180)

ERRORS = "[data-testid=stException], [data-testid=stAlertContentError]"
STEPS = 25
ADDRESSES = ("?user=u1", "?lang=xx&genre=None&years=abc", "data?lang=ko", "?genre=Comedy&years=1950-1959&user=u2")


@VISITS
def test_language_user_and_title_stay_over_pages_reloads_and_back(serve, site, tab, texts, size):
    lang = code_of(texts)
    tab.set_viewport_size(size)
    with serve():
        drawn(tab, f"{site}/?user=u1&lang={lang}", "", texts)
        for path in ("data", "operations", "start-here"):
            link = tab.locator(".st-key-tab-bar").get_by_role("link", name=getattr(texts, TITLES[path]).title)
            link.click()
            wait_until_title(tab, path, texts)
            expect(tab.locator("html")).to_have_attribute("lang", lang)
            tab.reload()
            wait_until_title(tab, path, texts)
            assert f"lang={lang}" in tab.url
            assert "user=u1" in tab.url
        rated_much = texts.start_here.welcome_back.partition("{count}")[0].format(user="u1").strip()
        expect(tab.get_by_text(rated_much)).to_be_visible()
        for path in ("operations", "data", ""):
            tab.go_back()
            wait_until_title(tab, path, texts)
        wait_until_drawn(tab, "", texts)


def wait_until_title(tab, path, texts):
    title = getattr(texts, TITLES[path]).title
    expect(tab.get_by_role("heading", level=1)).to_have_text(title)
    expect(tab).to_have_title(f"{title} · matinee")


@VISITS
def test_filters_are_in_the_address_and_say_what_they_left_nothing_of(serve, site, settings, tab, texts, size):
    lang = code_of(texts)
    with serve(), Client(settings.api) as api:
        eventually(lambda: api.model().version is not None)
        classics = [movie.movie_id for movie in api.movies("", limit=100) if "Classic" in movie.genres]
        api.rate(*(Rating(user_id="saw-all", movie_id=movie_id, rating=3) for movie_id in classics))
        tab.set_viewport_size(size)
        drawn(tab, f"{site}/?user=u1&lang={lang}&genre=Comedy&years=1960-1969", "", texts)
        years = tab.locator("[class*=st-key-cards-list] .tile small").all_inner_texts()
        assert years
        assert {year[:3] for year in years} == {"196"}
        tab.goto(f"{site}/?user=saw-all&lang={lang}&genre=Classic")
        expect(tab.get_by_text(texts.movies.all_rated_here.format(filters="Classic"))).to_be_visible()
        tab.goto(f"{site}/?user=u1&lang={lang}&genre=Classic&years=1970-1979")
        decade = texts.movies.decade.format(first=1970)
        expect(tab.get_by_text(texts.movies.nothing_matches.format(filters=f"Classic, {decade}"))).to_be_visible()
        press(tab, tab.get_by_role("button", name=texts.movies.clear_filters))
        expect(tab.locator("[class*=st-key-cards-list] .tile").first).to_be_visible()
        assert "genre=" not in tab.url


class Timer:
    """The page's timer, which runs a part of the page by itself, at the worst moment: just after a choice."""

    def __init__(self, chosen: str) -> None:
        self.part, self._chosen, self._held = "", chosen, []

    def attach(self, socket) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: self._from_page(server, message))
        server.on_message(lambda message: self._from_server(socket, server, message))

    def _from_page(self, server, message: bytes) -> None:
        said = BackMsg.FromString(message)
        run = said.rerun_script
        self.part = run.fragment_id or self.part
        if not run.fragment_id and any(self._chosen in each.string_value for each in run.widget_states.widgets):
            self._held.append(message)
            run.fragment_id, run.is_auto_rerun = self.part, True
            message = said.SerializeToString()
        server.send(message)

    def _from_server(self, socket, server, message: bytes) -> None:
        socket.send(message)
        if self._held and ForwardMsg.FromString(message).WhichOneof("type") == "script_finished":
            server.send(self._held.pop())


def test_what_is_chosen_while_the_page_runs_a_part_of_itself_is_kept(serve, site, tab):
    timer = Timer(ENGLISH.movies.decade.format(first=1970))
    tab.route_web_socket("**/_stcore/stream", timer.attach)
    with serve():
        for_you(tab, site, ENGLISH, WINDOWS[1])
        while not timer.part:
            tab.wait_for_timeout(100)
        years = tab.locator(".st-key-years input")
        open_list(tab, years.focus)
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("Enter")
        expect(tab).to_have_url(re.compile("years=1970-1979"))
        expect(tab.locator("[class*=st-key-card-list] .tile small").first).to_have_text(re.compile("^197"))
        expect(years).to_have_value(ENGLISH.movies.decade.format(first=1970))


@VISITS
def test_back_after_a_language_a_genre_a_reload_another_page_and_other_users_meets_no_error(
    serve, site, tab, texts, size
):
    lang = code_of(texts)
    with serve():
        tab.set_viewport_size(size)
        drawn(tab, f"{site}/?user=u1", "", ENGLISH)
        drawn(tab, f"{site}/?user=u1&lang={lang}", "", texts)
        tab.locator(".st-key-genre input").click()
        press(tab, tab.get_by_role("option").first)
        expect(tab).to_have_url(re.compile("genre="))
        tab.reload()
        wait_until_drawn(tab, "", texts)
        tab.locator(".st-key-tab-bar a").last.click()
        wait_until_title(tab, "data", texts)
        tab.go_back()
        wait_until_drawn(tab, "", texts)
        for user_id in ("u5", "u7"):
            field = tab.locator("[class*=st-key-user-] input").first
            field.fill(user_id)
            field.press("Enter")
            expect(tab).to_have_url(re.compile(f"user={user_id}"))
            wait_until_drawn(tab, "", texts)
        for _ in range(4):
            tab.go_back()
            expect(tab.locator(AT_REST)).to_be_attached()
            expect(tab.get_by_role("heading", level=1)).to_be_visible()
            assert tab.locator(ERRORS).all_inner_texts() == []
        assert "user=u7" not in tab.url


@pytest.mark.long
@pytest.mark.parametrize(("seed", "size"), list(enumerate(WINDOWS)), ids=["phone", "laptop"])
def test_a_random_walk_over_links_filters_back_and_reload_meets_no_error(serve, site, tab, seed, size):
    rng, trail, languages = random.Random(seed), [], set()  # noqa: S311  a walk, no secret
    tab.set_viewport_size(size)
    with serve():
        tab.goto(f"{site}/?lang={('ko', 'en')[seed]}")
        for number in range(STEPS):
            step = rng.choice([_page, _page, _language, _filter, _filter, _user, _back, _back, _reload, _address])
            if number == STEPS // 2:  # from one language to the other, whatever else chance brings
                tab.locator(".st-key-lang button").nth(seed).click()
            trail.append(step.__name__)
            expect(tab.locator(".st-key-tab-bar a").last).to_be_visible()
            languages.add(tab.locator("html").get_attribute("lang"))
            step(tab, site, rng)
            tab.wait_for_timeout(rng.choice([0, 150, 600]))  # some steps come before the page is drawn
            assert tab.locator(ERRORS).all_inner_texts() == [], trail
        expect(tab.get_by_role("heading", level=1)).to_be_visible()
        expect(tab.get_by_test_id("stStatusWidget")).to_have_count(0)
        assert tab.locator(ERRORS).all_inner_texts() == [], trail
        assert languages == {"en", "ko"}


def _page(tab, _site, rng):
    tab.locator(".st-key-tab-bar a").nth(rng.randrange(4)).click()


def _language(tab, _site, rng):
    tab.locator(".st-key-lang button").nth(rng.randrange(2)).click()


def _filter(tab, _site, rng):
    _if_there(lambda: tab.locator(f".st-key-{rng.choice(['genre', 'years'])} input").click(timeout=1_000))
    _if_there(lambda: tab.get_by_role("option").nth(rng.randrange(2)).click(timeout=1_000))


def _user(tab, _site, rng):
    field = tab.locator("[class*=st-key-user-] input").first
    _if_there(lambda: field.fill(rng.choice(["u5", "u7", "nobody", ""]), timeout=1_000))
    _if_there(lambda: field.press("Enter", timeout=1_000))


def _back(tab, site, _rng):
    tab.go_back()
    if not tab.url.startswith(site):
        tab.goto(site)


def _reload(tab, _site, _rng):
    tab.reload()


def _address(tab, site, rng):
    tab.goto(f"{site}/{rng.choice(ADDRESSES)}")


def _if_there(act):
    """Other pages have no filters, and a page that is drawn anew takes its controls away."""
    try:
        act()
    except Error:
        return
