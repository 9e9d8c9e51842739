"""The client against a real port."""

import socket
import threading
from contextlib import closing
from datetime import UTC, datetime

import pytest

from matinee.clients.api import Client
from matinee.clients.schemas.ratings import Rating
from matinee.clients.schemas.recommendations import HistoryEntry
from matinee.errors import BadData, DependencyUnreachable, NotFound, UsageError


@pytest.fixture
def silent_port():
    """A port that nobody listens to."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return listener.getsockname()[1]


def _serve_once_each(answers):
    """Accept one connection per answer, send it and hang up; returns the port and the thread that does so."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        with closing(listener):
            for answer in answers:
                connection, _ = listener.accept()
                with closing(connection):
                    connection.recv(65536)
                    connection.sendall(answer)

    thread = threading.Thread(target=run)
    thread.start()
    return listener.getsockname()[1], thread


def _http(body, status="200 OK", media_type="application/json"):
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\nConnection: close"
    return f"{head}\r\n\r\n{body}".encode()


def test_a_known_user_gets_a_learned_list(client):
    listed = client.recommendations("1", k=3)
    assert (listed.user_id, listed.policy, listed.model_version, listed.run_id) == ("1", "learned", "3", "run-3")
    assert len(listed.items) == 3
    assert "Drama" in listed.items[0].genres


def test_a_list_can_be_limited_to_a_genre(client):
    assert {movie.movie_id for movie in client.recommendations("1", genre="Sci-Fi").items} == {"1", "4", "6"}


def test_an_anonymous_history_gets_a_list_without_a_user(client):
    listed = client.recommendations_for([HistoryEntry(movie_id="1"), HistoryEntry(movie_id="4", rating=5)], k=2)
    assert (listed.user_id, listed.policy) == (None, "fold_in")
    assert [movie.movie_id for movie in listed.items] == ["6", "2"]


def test_the_catalogue_is_searched_read_and_compared(client):
    assert [movie.title for movie in client.movies("godfather")] == ["Godfather, The"]
    assert len(client.movies(limit=5)) == 5
    assert client.movie("3").year == 1970
    assert client.similar("1", k=2).items[0].title == "Alien"


def test_a_rating_is_stored_and_comes_first(client):
    stored = client.rate(Rating(user_id="1", movie_id="2", rating=4.5))
    assert (stored.stored, stored.duplicates) == (1, 0)
    newest = client.ratings("1")[0]
    assert (newest.title, newest.rating, newest.source) == ("Godfather, The", 4.5, "live")


def test_the_time_of_a_rating_reaches_the_server(client):
    rated_at = datetime(1996, 1, 1, tzinfo=UTC)
    client.rate(Rating(user_id="1", movie_id="2", rating=4, rated_at=rated_at))
    assert client.ratings("1")[-1].rated_at == rated_at


def test_ratings_that_are_sent_twice_with_one_key_are_stored_once(client, api):
    rating = Rating(user_id="new", movie_id="2", rating=4)
    first = client.rate(rating, idempotency_key="k")
    stored_at = api.known("new")[0].rated_at
    assert client.rate(rating, idempotency_key="k") == first
    assert api.known("new")[0].rated_at == stored_at


def test_a_rating_can_be_taken_back_and_a_user_erased(client):
    client.withdraw("1", "19")
    assert [known.movie_id for known in client.ratings("1")] == ["18"]
    client.erase("1")
    assert client.ratings("1") == ()


def test_a_recommendation_tells_its_reason(client):
    reason = client.recommendations("1").items[0].reason
    assert (reason.movie_id, reason.text) == ("19", "because you rated Drama 19")
    assert client.recommendations("newcomer").items[0].reason is None


def test_a_user_id_may_hold_any_character(client, api):
    client.rate(Rating(user_id="김 철수?#%", movie_id="2", rating=4))
    assert [known.movie_id for known in client.ratings("김 철수?#%")] == ["2"]
    assert "김 철수?#%" in api.ratings


def test_the_served_model_is_described(client):
    model = client.model()
    assert (model.version, model.algorithm, model.chunk_id) == ("3", "als", 3)
    assert model.metrics["ndcg_at_10"] == 0.0712


def test_before_the_first_model_there_is_no_version(client, api):
    api.version = None
    model = client.model()
    assert (model.version, model.data_through, model.policy) == (None, None, "popular")
    assert client.recommendations("1").policy == "popular"


def test_a_swap_names_both_versions(client):
    swap = client.swap("5")
    assert (swap.version, swap.previous_version, swap.workers) == ("5", "3", 1)
    assert client.model().version == "5"


def test_a_swap_without_a_version_asks_for_the_one_in_production(client):
    assert client.swap().version == "4"


def test_a_problem_document_becomes_the_error_with_its_detail_and_hint(client):
    with pytest.raises(NotFound) as caught:
        client.movie("no-such-movie")
    assert caught.value.message == "There is no movie 'no-such-movie'."
    assert caught.value.hint == "Find one with GET /v1/movies?query=."


def test_a_wrong_token_is_a_usage_error(api):
    with Client(api.url, "wrong") as client, pytest.raises(UsageError, match="needs the server's bearer token"):
        client.swap()


def test_a_client_without_a_token_is_told_that_one_is_needed(api):
    with Client(api.url) as client, pytest.raises(UsageError, match="needs the server's bearer token"):
        client.advance()


def test_a_field_that_only_a_newer_server_knows_is_ignored():
    port, thread = _serve_once_each([_http('{"users": [{"user_id": "1", "n_ratings": 3, "new": 1}], "more": []}')])
    with Client(f"http://127.0.0.1:{port}") as client:
        assert client.users()[0].n_ratings == 3
    thread.join()


def test_a_rating_out_of_range_is_bad_data(client):
    with pytest.raises(BadData, match="rating"):
        client.rate(Rating.model_construct(user_id="1", movie_id="2", rating=7))


def test_a_failure_of_the_server_is_an_unreachable_dependency_with_its_reason(client):
    with pytest.raises(DependencyUnreachable, match="answered 503: MLflow does not answer") as caught:
        client.swap("mlflow-is-down")
    assert caught.value.hint == "Start it."


def test_a_failure_without_a_problem_document_is_told_by_its_status(client, api):
    api.is_down = True
    with pytest.raises(DependencyUnreachable, match="answered 503: Service Unavailable"):
        client.model()


def test_a_server_that_is_not_there_is_one_line_that_says_what_to_do(silent_port):
    url = f"http://127.0.0.1:{silent_port}"
    with Client(url) as client, pytest.raises(DependencyUnreachable) as caught:
        client.model()
    assert (
        str(caught.value)
        == f"The API server at {url} does not answer (ConnectError). See that it runs: matinee status."
    )


def test_another_server_on_the_port_is_noticed():
    port, thread = _serve_once_each([_http("<html>hello</html>", media_type="text/html")])
    with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(DependencyUnreachable, match="no Model"):
        client.model()
    thread.join()


def test_a_connection_that_dies_is_tried_once_more():
    port, thread = _serve_once_each([b"", _http('{"stored": 1, "duplicates": 0}')])
    with Client(f"http://127.0.0.1:{port}") as client:
        assert client.rate(Rating(user_id="1", movie_id="2", rating=4)).stored == 1
    thread.join()


def test_readiness_is_told_without_an_error(client, api, silent_port):
    assert client.is_ready()
    api.is_down = True
    assert not client.is_ready()
    with Client(f"http://127.0.0.1:{silent_port}") as nobody:
        assert not nobody.is_ready()
