"""One run of the page: who looks, in which language, and what the server has said so far."""

from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from matinee.clients.api import Client
from matinee.clients.schemas.model import Model
from matinee.clients.schemas.ratings import KnownRating
from matinee.credentials import api_token
from matinee.ratings.scale import Scale
from matinee.settings import Settings
from matinee.ui.texts.fields import Texts

MODEL_TTL_S = 5
"""How long the page may show a model that was just replaced."""


@dataclass(frozen=True)
class Visit:
    """What every part of the page needs."""

    url: str
    """Base URL of the API server."""

    texts: Texts
    user_id: str
    settings: Settings

    @property
    def client(self) -> Client:
        """The API."""
        return client_of(self.url)

    @property
    def operator(self) -> Client:
        """The API, with the token of whoever runs it; that never leaves the page's server."""
        return operator_of(self.url, self.token)

    @property
    def token(self) -> str:
        """The server's token."""
        return api_token(self.settings)

    @cached_property
    def ratings(self) -> tuple[KnownRating, ...]:
        """The user's own, newest first; asked once in a run."""
        return self.client.ratings(self.user_id, limit=1000)

    @cached_property
    def scale(self) -> Scale:
        """Of ratings."""
        found = model_of(self.url).rating_scale
        return Scale(found.lowest, found.highest, found.step)

    @cached_property
    def watch_list(self) -> frozenset[str]:
        """Ids of movies that the user wants to watch; asked once in a run."""
        return frozenset(each.movie_id for each in self.client.watch_list(self.user_id).items)

    @cached_property
    def stars(self) -> dict[str, float]:
        """The user's stars by movie id."""
        return {known.movie_id: known.rating for known in self.ratings}


@st.cache_resource(show_spinner=False)
def client_of(url: str) -> Client:
    """The client that all visitors share."""
    return Client(url)


@st.cache_resource(show_spinner=False)
def operator_of(url: str, token: str) -> Client:
    """The client with the token that all visitors share."""
    return Client(url, token)


@st.cache_data(ttl=MODEL_TTL_S, show_spinner=False)
def model_of(url: str) -> Model:
    """What serves."""
    return client_of(url).model()
