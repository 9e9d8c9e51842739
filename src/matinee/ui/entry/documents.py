"""The HTML documents of the page: what the browser shows before Streamlit's script has come, and where no page is."""

import html
import re
from collections.abc import Mapping
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from matinee.ui.parts.language import COOKIE
from matinee.ui.parts.style import STYLE
from matinee.ui.texts.languages import LANGUAGES, language_of

PAGES = ("/", "/for-you", "/start-here", "/operations", "/data")

NOT_PAGES = ("/_stcore", "/static", "/media", "/component", "/app")
"""Where Streamlit's own files and routes are."""

WAITING = (
    "font: 1.1rem system-ui, sans-serif; margin: 20vh 1.5rem; text-align: center; color-scheme: light dark; "
    "color: light-dark(#14100e, #f4ede4); background: light-dark(#fffdfa, #17130f)"
)
LINK = "light-dark(#8f1d28, #f0a3a9)"

_STYLESHEET = re.compile(r'<link rel="stylesheet"[^>]*>')
_NOSCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)


class PageDocuments:
    """ASGI middleware that answers for documents, in the reader's language, and leaves all else to Streamlit.

    Streamlit's own document is white until half a megabyte of script has come, says that it is English, and shows any
    address that it does not know as an English dialog over another page.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app
        self._index = Path(streamlit.__file__).with_name("static").joinpath("index.html").read_text()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and _asks_for_a_document(scope):
            await self._answer(Request(scope))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _answer(self, request: Request) -> HTMLResponse:
        code, path = _language(request), request.url.path
        text, status = (waiting(self._index, code), 200) if path in PAGES else (missing(code), 404)
        return HTMLResponse(text, status, {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"})


def _asks_for_a_document(scope: Scope) -> bool:
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    path: str = scope["path"]
    is_file = path.startswith(NOT_PAGES) or "." in path.rpartition("/")[2]
    return scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"") and not is_file


def _language(request: Request) -> str:
    asked = (request.query_params.get("lang", ""), request.cookies.get(COOKIE, ""))
    browser = request.headers.get("accept-language", "").partition(",")[0]
    return next((code for code in asked if code in LANGUAGES), language_of(browser))


def waiting(index: str, code: str) -> str:
    """Streamlit's document with words in it until its script has come; the style sheet no longer keeps them back.

    The sheet of the pages is in it, behind Streamlit's own: what is drawn first stands where it stays.
    """
    texts = LANGUAGES[code].common
    stylesheet = "".join(_STYLESHEET.findall(index))
    splash = f'<p style="{WAITING}"><b>matinee</b><br>{html.escape(texts.loading)}</p>'
    document = _NOSCRIPT.sub(f"<noscript><p>{html.escape(texts.needs_script)}</p></noscript>", index)
    document = _STYLESHEET.sub("", document).replace("<title>Streamlit</title>", "<title>matinee</title>")
    document = document.replace('<html lang="en">', f'<html lang="{code}">')
    return document.replace('<div id="root"></div>', f'<div id="root">{splash}</div>{stylesheet}<style>{STYLE}</style>')


def missing(code: str) -> str:
    """A document for an address where no page is."""
    texts = LANGUAGES[code]
    return (
        f'<!DOCTYPE html><html lang="{code}"><meta charset="utf-8"><title>matinee</title>'
        f'<meta name="viewport" content="width=device-width"><body style="{WAITING}">'
        f"<h1>{html.escape(texts.common.no_page)}</h1>"
        f'<p><a href="/?lang={code}" style="color:{LINK}">{html.escape(texts.for_you.title)}</a></p>'
    )
