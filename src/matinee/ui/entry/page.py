"""The pages that people see: `streamlit run page.py`.

A run of this script asks the API for what it shows and keeps nothing but the choices of the visitor, so a list is
always the one of this moment: rating a movie runs the script again, and the next list counts it.
"""

from collections.abc import Callable
from pathlib import Path

import streamlit as st
import structlog

import matinee.ui
from matinee.errors import DependencyUnreachable, MatineeError
from matinee.settings import load_settings
from matinee.ui.pages import data, for_you, operations, start_here
from matinee.ui.parts import cookies, language, users
from matinee.ui.parts.follow import Served, follow, served_by
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.style import STYLE
from matinee.ui.parts.visit import Visit, model_of
from matinee.ui.texts.fields import Texts

log = structlog.get_logger()

# Of our own: for a Material icon the browser would ask a host of fonts, and nothing leaves this machine.
ICON = Path(matinee.ui.__file__).with_name("icon.svg")


def main() -> None:
    """Show the page of the address."""
    texts = language.language()
    st.set_page_config(page_title="matinee", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    pages = [
        _page(texts, texts.for_you.title, "for-you", ":material/movie:", for_you.show, default=True),
        _page(texts, texts.start_here.title, "start-here", ":material/waving_hand:", start_here.show),
        _page(texts, texts.operations.title, "operations", ":material/sync:", operations.show),
        _page(texts, texts.data.title, "data", ":material/bar_chart:", data.show),
    ]
    st.navigation(pages, position="top").run()


def _page(
    texts: Texts, title: str, path: str, icon: str, show: Callable[[Visit], bool], *, default: bool = False
) -> st.Page:
    def run() -> None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.title(title, width="stretch", anchor=False)
            language.choose_language(texts)
            cookies.keep({language.COOKIE: language.language_to_keep(), users.COOKIE: users.user_to_keep()})
        _guarded(texts, show)

    return st.Page(run, title=title, icon=icon, url_path=path, default=default)


def _guarded(texts: Texts, show: Callable[[Visit], bool]) -> None:
    """A page in a boundary: whatever goes wrong is one line of words, never a stack trace."""
    try:
        _follow(texts, show)
    except DependencyUnreachable:
        st.error(texts.common.unreachable, icon=":material/cloud_off:")
        st.button(texts.common.try_again)
    except MatineeError as error:
        st.warning(texts.common.refused.format(reason=escaped(str(error))), icon=":material/error:")
    except Exception:
        log.exception("the page failed")
        st.error(texts.common.broken, icon=":material/error:")


def _follow(texts: Texts, show: Callable[[Visit], bool]) -> None:
    """Show a page, which runs again by itself when another model serves or what was away comes back."""
    settings = load_settings()
    visit, shown = Visit(settings.api, texts, users.current_user(), settings), None
    try:
        served: Served = served_by(model_of(visit.url))
        shown = served if show(visit) else None
    except DependencyUnreachable:
        model_of.clear(visit.url)
        raise
    finally:
        follow(visit.url, shown)


if __name__ == "__main__":
    main()
