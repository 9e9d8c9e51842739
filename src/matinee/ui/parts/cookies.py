"""What the browser keeps for the next visit."""

from collections.abc import Mapping

import streamlit as st


def keep(values: Mapping[str, str]) -> None:
    """Have the browser keep what is not empty; no character of it may mean anything to HTML or JavaScript."""
    cookies = [f"document.cookie = '{name}={value};path=/;SameSite=Lax'" for name, value in values.items() if value]
    if cookies:
        st.container(key="kept").html(f"<script>{';'.join(cookies)}</script>", unsafe_allow_javascript=True)
