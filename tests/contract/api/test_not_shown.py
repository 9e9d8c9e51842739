"""Lists without what was shown lately and not clicked: for all workers and replicas, and after a restart."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.api.conftest import serving

from matinee import clock
from matinee.clients.api import Client
from matinee.clients.schemas.recommendations import UserListOptions
from matinee.ratings.feedback.shown import ShownLists
from matinee.serving.app import create_app


def fresh(api, user_id: str = "u2", **parameters) -> list[str]:
    return api.movie_ids(user_id, **{"k": 5, "not_shown_days": 7, **parameters})


@pytest.fixture
def two_servers(settings, api, mlflow):
    with serving(create_app(settings.model_copy(update={"mlflow_url": mlflow.url}))) as other:
        yield api, other


def test_a_list_never_repeats_what_was_shown_until_there_is_nothing_left(two_servers, ratings):
    found = [fresh(two_servers[number % 2]) for number in range(9)]
    unseen = 40 - len(set(ratings.filter(user_id="u2")["movie_id"]))
    together = [movie_id for movie_ids in found for movie_id in movie_ids]
    assert len(together) == len(set(together)) == unseen
    assert found[-1] == []


def test_lists_of_a_moment_ago_count_too_however_they_were_asked_for(api):
    shown = api.movie_ids("u2", k=5)
    assert set(shown).isdisjoint(fresh(api))


def test_lists_of_another_server_count_within_a_second(two_servers):
    api, other = two_servers
    shown = api.movie_ids("u2", k=5)
    other.wait_for(lambda: set(shown).isdisjoint(fresh(other, k=1)))


def test_what_was_shown_is_known_after_a_restart(start, learned):
    started = start()
    assert started.swap(learned.manifest.chunk_id).status_code == 200
    shown = {*started.movie_ids("u2", k=5), *fresh(started)}
    assert len(shown) == 10
    assert shown.isdisjoint(fresh(start()))


def test_what_something_was_heard_of_since_is_shown_again(api):
    first, second = fresh(api)[:2]
    api.rate("u2", first)
    again = fresh(api, exclude_seen=False, k=40)
    assert first in again
    assert second not in again


def test_what_was_shown_to_somebody_else_is_no_matter(api):
    fresh(api, "u2", k=40)
    assert fresh(api, "nobody", k=40) == api.movie_ids("nobody", k=40)


def test_what_was_shown_before_these_days_comes_back(api):
    shown = fresh(api)
    later = datetime.now(UTC) + timedelta(days=6)
    with clock.pretended(lambda: later):
        assert set(shown).isdisjoint(fresh(api))
    with clock.pretended(lambda: later + timedelta(days=2)):
        assert fresh(api, not_shown_days=7) == shown


def test_pages_of_such_a_list_do_not_empty_themselves(api, ratings):
    unseen = 40 - len(set(ratings.filter(user_id="u2")["movie_id"]))
    first = fresh(api)
    read, cursor = [], ""
    while cursor is not None:
        answer = api.recommend("u2", k=7, not_shown_days=7, cursor=cursor)
        read += [item["movie_id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert len(read) == len(set(read)) == unseen - 5
    assert set(first).isdisjoint(read)


def test_an_erased_user_has_seen_nothing(api, settings):
    shown = fresh(api, "somebody")
    assert api.delete("/v1/users/somebody").status_code == 204
    assert fresh(api, "somebody") == shown
    now = datetime.now(UTC)
    assert ShownLists(settings).ignored("somebody", now - timedelta(days=1), now) == set(shown)


def test_a_plain_list_is_the_same_as_ever(api):
    plain = api.movie_ids("u2", k=5)
    fresh(api)
    assert api.movie_ids("u2", k=5) == plain


def test_without_impressions_only_lists_that_ask_for_it_are_noted(start_with):
    api = start_with(impressions_s=0)
    api.movie_ids("u2", k=5)
    first = fresh(api)
    assert first == api.movie_ids("u2", k=5)
    assert set(first).isdisjoint(fresh(api))


@pytest.mark.parametrize("days", ["0", "-1", "91", "many"])
def test_days_that_cannot_be_meant_are_refused(api, days):
    assert api.get("/v1/users/u2/recommendations", params={"not_shown_days": days}).status_code == 422


def test_groups_do_without_what_any_member_was_shown(api):
    shown = fresh(api, "u3")
    joint = {"users": "u2,u3", "k": 10, "not_shown_days": 7, "exclude_seen": False}
    first, second = (
        {item["movie_id"] for item in api.get("/v1/recommendations", params=joint).json()["items"]} for _ in range(2)
    )
    assert set(shown).isdisjoint(first)
    assert first.isdisjoint(second)


def test_the_typed_client_asks_for_it(api):
    options = UserListOptions(not_shown_days=7)
    with Client(str(api.base_url)) as client:
        one, two = (client.recommendations("u2", 5, options=options).items for _ in range(2))
    assert {movie.movie_id for movie in one}.isdisjoint({movie.movie_id for movie in two})
