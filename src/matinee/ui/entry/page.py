"""The pages that people see: `streamlit run page.py`.

A run of this script asks the API for what it shows and keeps nothing but the choices of the visitor, so a list is
always the one of this moment: rating a movie runs the script again, and the next list counts it.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import streamlit as st
import structlog

import matinee.ui
from matinee.environment import load_settings
from matinee.errors import DependencyUnreachable, MatineeError
from matinee.ui.pages import data, for_you, operations, start_here
from matinee.ui.parts import address, language, users
from matinee.ui.parts.follow import Served, follow, served_by
from matinee.ui.parts.refusals import refused
from matinee.ui.parts.scale import has_stars
from matinee.ui.parts.script import run_in_browser
from matinee.ui.parts.visit import Visit, model_of
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.fields import Texts

log = structlog.get_logger()

# Of our own: for a Material icon the browser would ask a host of fonts, and nothing leaves this machine.
ICON = Path(matinee.ui.__file__).with_name("icon.svg")

# Of the pages, in their order; they are drawn with Streamlit's own font.
ICONS = (":material/movie:", ":material/waving_hand:", ":material/sync:", ":material/bar_chart:")


def main() -> None:
    """Show the page of the address; whatever goes wrong is a line of words, never a stack trace."""
    texts = ENGLISH
    try:
        address.settle()
        texts = language.language()
        _page(texts)
    except Exception:
        log.exception("the page failed")
        st.error(texts.common.broken, icon=":material/error:")


def _page(texts: Texts) -> None:
    user_id = users.current_user()
    pages = {
        "for_you": _entry(texts, user_id, texts.for_you.title, "for-you", for_you.show, default=True),
        "start_here": _entry(texts, user_id, texts.start_here.title, "start-here", start_here.show),
        "operations": _entry(texts, user_id, texts.operations.title, "operations", operations.show),
        "data": _entry(texts, user_id, texts.data.title, "data", data.show),
    }
    st.session_state["pages"] = pages
    page = st.navigation(list(pages.values()), position="hidden")
    st.set_page_config(page_title=f"{page.title} · matinee", page_icon=str(ICON), layout="wide")
    run_in_browser(texts)
    _tab_bar(list(pages.values()))
    page.run()


def _tab_bar(pages: list[st.Page]) -> None:
    """Links to all pages, always in sight, that keep the language and the user; Streamlit's own menu loses both."""
    with st.container(key="tab-bar", horizontal=True):
        for page, icon in zip(pages, ICONS, strict=True):
            st.page_link(page, icon=icon, query_params=address.link())


def _entry(
    texts: Texts, user_id: str, title: str, path: str, show: Callable[[Visit], bool], *, default: bool = False
) -> st.Page:
    def run() -> None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.title(title, width="stretch", anchor=False)
            language.choose_language(texts)
        _guarded(texts, user_id, show)

    return st.Page(run, title=title, url_path=path, default=default)


def _guarded(texts: Texts, user_id: str, show: Callable[[Visit], bool]) -> None:
    """A page in a boundary, so that the tab bar and the switch of the language stay."""
    try:
        _follow(texts, user_id, show)
    except DependencyUnreachable:
        st.error(texts.common.unreachable, icon=":material/cloud_off:")
        st.button(texts.common.try_again)
    except MatineeError as error:
        refused(texts, error)
    except Exception:
        log.exception("the page failed")
        st.error(texts.common.broken, icon=":material/error:")


def _follow(texts: Texts, user_id: str, show: Callable[[Visit], bool]) -> None:
    """Show a page, which runs again by itself when another model serves or what was away comes back."""
    settings = load_settings()
    visit, shown = Visit(settings.api, texts, user_id, settings), None
    try:
        served: Served = served_by(model_of(visit.url))
        if not has_stars(visit.scale):
            visit = replace(visit, texts=texts.in_points())
        shown = served if show(visit) else None
    except DependencyUnreachable:
        model_of.clear(visit.url)
        raise
    finally:
        follow(visit.url, shown)


if __name__ == "__main__":
    main()
