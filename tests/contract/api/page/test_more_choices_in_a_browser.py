"""More choices of a list, on a phone and on a laptop, in both languages, with the keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from browsing import open_list
from matinee.clients.api import Client
from matinee.ui.parts.titles import display_title
from page_in_a_browser import CARD, VISITS, for_you, press, press_until_focused
from running import eventually

pytestmark = pytest.mark.timeout(180)


@VISITS
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


@VISITS
def test_a_link_holds_several_genres_and_what_is_left_out(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size, "&genres=Comedy|Classic&without=Classic&rarity=nonsense&with=%2C")
        shown = tab.locator(f"{CARD} .movie small")
        expect(shown.first).to_contain_text(texts.common.genres["Comedy"])
        assert not shown.filter(has_text="Classic").count()
        expect(tab.locator(".st-key-more-choices")).to_contain_text(texts.movies.more_choices_made.format(count=2))


@VISITS
def test_a_list_in_company_says_for_whom_it_is_and_who_decided(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size, "&with=u2")
        sentence = texts.movies.together.format(users="u1, u2")
        expect(tab.get_by_text(sentence)).to_be_visible()
        expect(tab.locator(f"{CARD} .movie").filter(has_text=re.compile(r"\bu[12]\b")).first).to_be_visible()


@VISITS
def test_the_watch_list_alone_and_movies_that_are_left_out_make_the_list(serve, site, settings, tab, texts, size):
    with serve(), Client(f"http://127.0.0.1:{settings.api_port}") as client:
        eventually(lambda: client.model().version is not None)
        first, *others = client.recommendations("u1", 3).items
        for movie in (first, *others):
            client.put_on_watch_list("u1", movie.movie_id)
        for_you(tab, site, texts, size, "&watchlist=only")
        expect(tab.locator(f"{CARD} .movie")).to_have_count(3)
        tab.locator(".st-key-more-choices summary").click()
        open_list(tab, lambda: press_until_focused(tab, tab.locator(".st-key-not input")))
        tab.keyboard.type(display_title(first.title))
        tab.get_by_role("option", name=display_title(first.title)).click()
        expect(tab).to_have_url(re.compile(f"not={first.movie_id}(&|$)"))
        expect(tab.locator(f"{CARD} .movie")).to_have_count(2)
        expect(tab.locator(".st-key-more-choices")).to_contain_text(texts.movies.more_choices_made.format(count=2))
        press(tab, tab.locator(".st-key-watchlist [role=radio]").nth(1))
        expect(tab).to_have_url(re.compile("watchlist=out"))
        expect(tab.locator(f"{CARD} .movie")).to_have_count(12)
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@VISITS
def test_company_offers_the_average_and_says_that_it_counts(serve, site, tab, texts, size):
    with serve():
        for_you(tab, site, texts, size)
        tab.locator(".st-key-more-choices summary").click()
        expect(tab.locator(".st-key-watchlist")).to_be_visible()
        expect(tab.locator(".st-key-together")).to_have_count(0)
        for_you(tab, site, texts, size, "&with=u2&together=average")
        expect(tab.get_by_text(texts.movies.together_on_average.format(users="u1, u2"))).to_be_visible()
        tab.locator(".st-key-more-choices summary").click()
        press(tab, tab.locator(".st-key-together [role=radio]").first)
        expect(tab.get_by_text(texts.movies.together.format(users="u1, u2"))).to_be_visible()


@VISITS
def test_a_movie_is_found_by_words_of_its_title_and_left_out(serve, site, settings, tab, texts, size):
    with serve(), Client(f"http://127.0.0.1:{settings.api_port}") as client:
        eventually(lambda: client.model().version is not None)
        first = client.recommendations("u1", 1).items[0]
        for_you(tab, site, texts, size)
        tab.locator(".st-key-more-choices summary").click()
        field = tab.get_by_role("searchbox", name=texts.movies.find_without)
        press_until_focused(tab, field)
        tab.keyboard.type(first.title.removeprefix("The "))
        found = tab.locator(f".st-key-not-{first.movie_id} button")
        expect(found).to_have_text(re.compile(re.escape(display_title(first.title))))
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        press(tab, found)
        expect(tab).to_have_url(re.compile(f"not={first.movie_id}(&|$)"))
        expect(field).to_have_value("")
        expect(found).to_have_count(0)
        shown = tab.locator(f"{CARD} h3")
        expect(shown.filter(has_text=re.compile(f"^{re.escape(display_title(first.title))}$"))).to_have_count(0)
