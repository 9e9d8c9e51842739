"""The page's server: `streamlit run app.py`. It answers, WebSocket included, only for hosts it is known by."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from matinee.environment import load_settings
from matinee.hosts import KnownHosts
from matinee.ui.entry.documents import PageDocuments

HEALTH = ("/_stcore/health",)

app = st.App(
    # An image reaches this file by a link; the page lies beside the file itself.
    Path(__file__).resolve().with_name("page.py"),
    middleware=[Middleware(KnownHosts, hosts=load_settings().hosts, exempt=HEALTH), Middleware(PageDocuments)],
)
