"""What the browser gets before Streamlit's script has come, and where no page is."""

import asyncio
from pathlib import Path

import httpx
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from matinee.ui.entry.documents import PAGES, PageDocuments
from matinee.ui.texts.languages import LANGUAGES

HTML = {"accept": "text/html,*/*"}


class Browser:
    """Asks an app without a server."""

    def get(self, path, **more):
        everything = Route("/{path:path}", lambda _: PlainTextResponse("streamlit"))
        transport = httpx.ASGITransport(PageDocuments(Starlette(routes=[everything])))

        async def ask():
            async with httpx.AsyncClient(transport=transport, base_url="http://page.test") as client:
                return await client.get(path, **more)

        return asyncio.run(ask())


@pytest.fixture
def browser():
    return Browser()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("code", LANGUAGES)
def test_every_page_has_words_in_the_language_of_its_address_before_any_script(browser, path, code):
    answer = browser.get(path, params={"lang": code}, headers=HTML)
    assert answer.status_code == 200
    assert f'<html lang="{code}">' in answer.text
    root = answer.text.partition('<div id="root">')[2].partition("</div>")[0]
    assert LANGUAGES[code].common.loading in root
    assert "Streamlit" not in answer.text.partition("<body>")[2]
    assert answer.text.index("<p style") < answer.text.index('rel="stylesheet"')


def test_the_style_sheet_of_the_pages_comes_with_the_document_behind_streamlits_own(browser):
    answer = browser.get("/", headers=HTML).text
    assert answer.index('rel="stylesheet"') < answer.index("<style>.stApp {")
    assert "/*" not in answer.partition("<style>.stApp {")[2]


def test_nothing_that_streamlits_document_loads_is_lost(browser):
    index = Path(streamlit.__file__).with_name("static").joinpath("index.html").read_text()
    answer = browser.get("/", headers=HTML).text
    loaded = [line.strip() for line in index.splitlines() if "./static/" in line and "font" not in line]
    assert [line for line in loaded if line not in answer] == []


@pytest.mark.parametrize(
    ("headers", "code"),
    [({"accept-language": "ko-KR,en"}, "ko"), ({"accept-language": "de"}, "en"), ({"cookie": "matinee_lang=ko"}, "ko")],
)
def test_without_a_language_in_the_address_the_cookie_and_the_browser_choose(browser, headers, code):
    assert f'<html lang="{code}">' in browser.get("/", headers=HTML | headers).text


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_address_without_a_page_says_so_in_the_readers_language(browser, code):
    answer = browser.get("/nowhere", params={"lang": code}, headers=HTML)
    assert answer.status_code == 404
    assert LANGUAGES[code].common.no_page in answer.text


@pytest.mark.parametrize("path", ["/_stcore/health", "/static/js/x.js", "/favicon.png"])
def test_what_is_no_document_is_left_to_streamlit(browser, path):
    assert browser.get(path, headers=HTML).text == "streamlit"


def test_who_does_not_ask_for_a_document_gets_none(browser):
    assert browser.get("/", headers={"accept": "application/json"}).text == "streamlit"
