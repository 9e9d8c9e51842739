"""The client and the page on the real API server: what the fake of the other tests promises holds there too."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import matinee.ui.entry
from matinee.clients.api import Client
from matinee.clients.schemas.ratings import Rating
from matinee.clients.schemas.recommendations import HistoryEntry
from matinee.errors import BadData, NotFound, UsageError
from matinee.ui.texts.en import ENGLISH


@pytest.fixture
def client(real_api):
    with Client(real_api) as client:
        yield client


def test_the_client_reads_every_answer_of_the_real_server(client):
    listed = client.recommendations("anna", k=2)
    assert (listed.policy, [movie.movie_id for movie in listed.items]) == ("popular", ["2", "3"])
    assert client.recommendations_for([HistoryEntry(movie_id="2")], k=1).items[0].movie_id == "3"
    assert client.movies("godfather")[0].year == 1972
    assert client.movie("1").genres == ("Action", "Sci-Fi")
    assert client.similar("1", k=1).policy == "popular"
    assert client.model().version is None
    assert client.is_ready()


def test_the_client_stores_ratings_on_the_real_server(client):
    rating = Rating(user_id="김/철수", movie_id="2", rating=4.5, rated_at=datetime(1998, 1, 1, tzinfo=UTC))
    first = client.rate(rating, idempotency_key="k")
    assert (first.stored, first.duplicates) == (1, 0)
    assert client.rate(rating, idempotency_key="k") == first
    assert client.rate(rating).duplicates == 1
    assert [(known.title, known.source) for known in client.ratings("김/철수")] == [("Godfather, The", "live")]


def test_the_real_servers_problems_become_errors(client):
    with pytest.raises(NotFound, match="no movie"):
        client.movie("no-such-movie")
    with pytest.raises(UsageError, match="genre"):
        client.recommendations("anna", genre="Cooking")
    with pytest.raises(BadData, match="nothing was stored"):
        client.rate(Rating(user_id="anna", movie_id="no-such-movie", rating=4))
    with pytest.raises(UsageError, match="token"):
        client.swap()


def test_the_page_rates_on_the_real_server(real_api, monkeypatch):
    monkeypatch.setenv("MATINEE_API_URL", real_api)
    page = AppTest.from_file(Path(matinee.ui.entry.__file__).with_name("page.py"), default_timeout=60)
    page.query_params["user"] = "anna"
    page.run()
    page.feedback(key="stars-list-anna-2").set_value(4).run()
    assert not page.exception
    text = ENGLISH.movies.rated.format(title="The Godfather", stars=5)
    assert text in [each.value for each in page.markdown]
    assert "stars-list-anna-2" not in [feedback.key for feedback in page.feedback]
