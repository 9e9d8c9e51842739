"""Lists that are read page by page: nothing repeats and nothing is skipped, whatever happens between two pages."""

import itertools
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checks
from hypothesis import strategies as st
from tests.contract.api.conftest import TOKEN, serving

from matinee.clients.api import Client
from matinee.clients.schemas.recommendations import ListOptions
from matinee.errors import Expired
from matinee.serving.app import create_app

_numbers = itertools.count()

between_pages = st.lists(
    st.one_of(
        st.tuples(st.just("rate"), st.integers(0, 39)),
        st.tuples(st.just("withdraw"), st.integers(0, 39)),
        st.tuples(st.just("swap"), st.sampled_from([1, 2])),
        st.tuples(st.just("ask"), st.just(0)),
    ),
    max_size=3,
)


def happens(api, user_id: str, what: str, number: int) -> None:
    if what == "rate":
        api.rate(user_id, f"m{number}", 5.0 if number % 3 else 1.0)
    elif what == "withdraw":
        assert api.delete(f"/v1/users/{user_id}/ratings/m{number}").status_code == 204
    elif what == "swap":
        assert api.swap(number).status_code == 200
    else:
        api.recommend(user_id, k=40)


def ask(api, user_id: str, cursor: str, **parameters):
    return api.get(f"/v1/users/{quote(user_id)}/recommendations", params={"cursor": cursor, **parameters})


def pages(api, user_id: str, **parameters) -> list[list[str]]:
    """Movies of all pages, read without a pause."""
    found, cursor = [], ""
    while cursor is not None:
        answer = ask(api, user_id, cursor, **parameters).json()
        found.append([item["movie_id"] for item in answer["items"]])
        cursor = answer["next_cursor"]
    return found


@pytest.fixture
def two_servers(settings, api, mlflow):
    """Two servers of one home and database, as replicas have them; versions 1 and 2 are on the disk."""
    mlflow.register(2)
    assert api.swap(2).status_code == 200
    with serving(create_app(settings.model_copy(update={"mlflow_url": mlflow.url}))) as other:
        yield api, other


@given(
    st.lists(st.integers(0, 39), max_size=4, unique=True),
    st.lists(st.tuples(st.integers(1, 15), between_pages), min_size=1, max_size=6),
    st.sampled_from([{}, {"genre": ["Classic", "Drama"]}, {"exclude_seen": False, "exclude_movie": ["m7"]}]),
)
@checks(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_pages_hold_the_list_of_the_first_moment_or_are_refused(two_servers, said_before, steps, parameters):
    api, _ = two_servers
    user_id = f"reader-{next(_numbers)}"
    for row in said_before:
        happens(api, user_id, "rate", row)
    whole = api.movie_ids(user_id, k=40, **parameters)
    version = api.served_version()
    read, cursor, taken_back = [], "", False
    for number, (k, events) in enumerate([*steps, *[(15, [])] * 3]):
        answer = ask(two_servers[number % 2], user_id, cursor, k=k, **parameters)
        if answer.status_code == 410:
            assert taken_back, answer.text
            return
        assert answer.json()["model_version"] == version
        read += [item["movie_id"] for item in answer.json()["items"]]
        # What was taken back counts no more; where the pages before are alike without it, the list goes on so.
        assert len(read) == len(set(read))
        assert taken_back or read == whole[: len(read)]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
        for what, movie in events:
            happens(api, user_id, what, movie)
            taken_back |= what == "withdraw" and movie in said_before
    assert taken_back or read == whole


def test_only_the_last_page_has_nothing_after_it(api):
    assert [len(page) for page in pages(api, "nobody", k=15)] == [15, 15, 10]
    assert [len(page) for page in pages(api, "nobody", k=20)] == [20, 20]


def test_a_list_that_is_not_read_in_pages_has_no_cursor(api):
    assert "next_cursor" not in api.recommend("u2")


def test_reasons_are_those_of_the_whole_list(api):
    whole = {item["movie_id"]: item.get("reason") for item in api.recommend("u4", k=40)["items"]}
    assert sum(reason is not None for reason in whole.values()) > 10
    cursor = ""
    while cursor is not None:
        answer = ask(api, "u4", cursor, k=7).json()
        assert [item.get("reason") for item in answer["items"]] == [whole[item["movie_id"]] for item in answer["items"]]
        cursor = answer["next_cursor"]


def test_pages_go_on_after_a_restart(start, learned):
    started = start()
    assert started.swap(learned.manifest.chunk_id).status_code == 200
    started.rate("u2", "m30")
    whole, first = started.movie_ids("u2", k=40), ask(started, "u2", "", k=9).json()
    again = ask(start(), "u2", first["next_cursor"], k=9).json()
    assert [item["movie_id"] for item in again["items"]] == whole[9:18]


def test_a_session_is_read_in_pages_as_long_as_it_is_the_same(api):
    body = {"history": [{"movie_id": "m8"}, {"movie_id": "m3", "rating": 4}], "k": 12}
    whole = [item["movie_id"] for item in api.post("/v1/recommendations", json={**body, "k": 40}).json()["items"]]
    read, cursor = [], ""
    while cursor is not None:
        answer = api.post("/v1/recommendations", json={**body, "cursor": cursor}).json()
        read += [item["movie_id"] for item in answer["items"]]
        following, cursor = cursor, answer["next_cursor"]
    assert read == whole
    other = {**body, "history": [{"movie_id": "m9"}], "cursor": following}
    assert api.post("/v1/recommendations", json=other).status_code == 400


@pytest.mark.parametrize("event", ["dislike", "not_interested"])
def test_a_movie_that_is_hidden_between_two_pages_is_on_none_of_the_following(api, event):
    api.rate("hider", "m1", 5.0)
    whole = [movie for each in pages(api, "hider", k=5) for movie in each]
    first = ask(api, "hider", "", k=5).json()
    hidden = whole[7]
    body = {"user_id": "hider", "movie_id": hidden, "event": event}
    assert api.post("/v1/events", json=body).is_success
    second = ask(api, "hider", first["next_cursor"], k=5).json()
    assert [item["movie_id"] for item in second["items"]] == [each for each in whole[5:10] if each != hidden]
    third = ask(api, "hider", second["next_cursor"], k=5).json()
    assert [item["movie_id"] for item in third["items"]] == whole[10:15]


def test_a_page_of_an_erased_user_is_refused(api):
    cursor = ask(api, "u2", "", k=5).json()["next_cursor"]
    assert api.delete("/v1/users/u2").status_code == 204
    answer = ask(api, "u2", cursor, k=5)
    assert (answer.status_code, answer.json()["title"]) == (410, "No longer valid")
    assert "Begin again" in answer.json()["hint"]


def test_a_page_of_a_version_that_is_gone_is_refused(api, mlflow):
    cursor = ask(api, "u2", "", k=5).json()["next_cursor"]
    for version in range(2, 6):
        mlflow.register(version)
        assert api.swap(version).status_code == 200
    assert ask(api, "u2", cursor, k=5).status_code == 410


def test_a_list_without_movies_has_one_page(start):
    started = start()
    first = ask(started, "u2", "", k=5).json()
    assert (first["items"], first["next_cursor"]) == ([], None)


@pytest.mark.parametrize("user_id", ["u3", "nobody"])
def test_a_cursor_is_of_one_list_only(api, user_id):
    cursor = ask(api, "u2", "", k=5, genre="Comedy").json()["next_cursor"]
    assert ask(api, "u2", cursor, k=6, genre="Comedy").status_code == 200
    assert ask(api, user_id, cursor, k=5, genre="Comedy").status_code == 400
    assert ask(api, "u2", cursor, k=5).status_code == 400
    assert ask(api, "u2", cursor, k=5, genre="Comedy", exclude_seen=False).status_code == 400


def changed(cursor: str, **values) -> str:
    content = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))) | values
    return urlsafe_b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"n": -1}, 400),
        ({"n": 2**40}, 400),
        ({"n": 7}, 410),
        ({"n": 2**30}, 410),
        ({"s": 2**60}, 400),
        ({"t": 1.5}, 400),
        ({"h": "soon"}, 400),
        ({"d": "x"}, 410),
        ({"v": None}, 410),
        ({"v": "../1"}, 410),
        ({"more": 1}, 400),
    ],
)
def test_a_cursor_that_somebody_changed_is_refused(api, values, status):
    cursor = ask(api, "u2", "", k=5).json()["next_cursor"]
    assert ask(api, "u2", changed(cursor, **values), k=5).status_code == status


@pytest.mark.parametrize("cursor", ["x", "é", "e30", "AAAA", "%00"])
def test_a_text_that_is_no_cursor_is_refused(api, cursor):
    assert ask(api, "u2", cursor).status_code == 400


def test_the_typed_client_reads_page_by_page_and_knows_a_list_that_ended(api):
    with Client(str(api.base_url), TOKEN) as client:
        first = client.recommendations("u2", 5, options=ListOptions(cursor=""))
        second = client.recommendations("u2", 5, options=ListOptions(cursor=first.next_cursor))
        assert [movie.movie_id for movie in (*first.items, *second.items)] == api.movie_ids("u2", k=10)
        client.erase("u2")
        with pytest.raises(Expired):
            client.recommendations("u2", 5, options=ListOptions(cursor=second.next_cursor))
