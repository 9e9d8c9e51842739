"""What the browser does beside Streamlit: names for screen readers, the focus, and what it keeps (`page.js`)."""

import json
from pathlib import Path

import streamlit as st

from matinee.ui.parts import language, users
from matinee.ui.texts.fields import Texts

SCRIPT = Path(__file__).with_name("page.js").read_text()


def run_in_browser(texts: Texts) -> None:
    """Have the browser run the script, in the language of the page, and keep who somebody chose to be."""
    common = texts.common
    said = {
        "lang": language.code(),
        "stars": common.stars,
        "star": common.star,
        "thumbs": [common.thumb_down, common.thumb_up],
        "list": common.put_on_list,
        "unlist": common.take_off_list,
        "hide": common.hide,
        "labels": dict(common.labels),
    }
    # "<" as its escape, so that no text ends the script.
    script = SCRIPT.replace("TEXTS", json.dumps(said, ensure_ascii=False).replace("<", "\\u003c"))
    kept = {language.COOKIE: language.language_to_keep(), users.COOKIE: users.user_to_keep()}
    cookies = ";".join(
        f"document.cookie = '{name}={value};path=/;SameSite=Lax'" for name, value in kept.items() if value
    )
    with st.container(key="script"):
        st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
        if cookies:
            st.html(f"<script>{cookies}</script>", unsafe_allow_javascript=True)
    st.html(f'<a class="skip" href="#" role="button">{texts.common.skip}</a>')
