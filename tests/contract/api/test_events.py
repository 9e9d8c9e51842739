"""What people do besides rating: taken durably, hidden at once, learned as it is meant, and taken back."""

import pytest

from matinee.ratings.feedback import FeedbackStore

ONE = {"user_id": "u1", "movie_id": "m1", "event": "watch", "value": 0.9}


def send(api, event, movie_id="m1", user_id="new", **more):
    answer = api.post("/v1/events", json={"user_id": user_id, "movie_id": movie_id, "event": event, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("event", ["like", "watch", "purchase"])
def test_a_like_a_watch_and_a_purchase_fold_in_as_a_liked_rating_does(api, event):
    send(api, event, "m2")
    api.rate("other", "m2", 5)
    own, other = api.recommend("new"), api.recommend("other")
    assert (own["policy"], other["policy"]) == ("fold_in", "fold_in")
    assert [item["movie_id"] for item in own["items"]] == [item["movie_id"] for item in other["items"]]


def test_clicks_and_views_are_kept_and_not_learned(api, settings):
    for event in ("click", "view"):
        send(api, event)
    assert api.recommend("new")["policy"] == "popular"
    assert FeedbackStore(settings).count() == 2


def test_a_click_is_learned_where_it_is_named(start_with):
    api = start_with(event_weights="like=1,click=0.25")
    send(api, "click")
    assert api.recommend("new")["policy"] == "fold_in"


@pytest.mark.parametrize("event", ["dislike", "not_interested"])
def test_what_somebody_wants_to_see_no_more_of_is_hidden_at_once_until_it_is_taken_back(api, event):
    first = api.movie_ids("new", k=3)[0]
    send(api, event, first)
    assert first not in api.movie_ids("new", k=40, exclude_seen=False)
    assert api.recommend("new")["policy"] == "popular"  # it is no like
    known = api.get("/v1/users/new/ratings").json()
    assert [(each["movie_id"], each["event"]) for each in known["events"]] == [(first, event)]
    assert known["ratings"] == []
    send(api, "watch", first)  # what is said goes before what is done
    assert first not in api.movie_ids("new", k=40, exclude_seen=False)
    assert api.delete(f"/v1/users/new/ratings/{first}").status_code == 204
    assert api.movie_ids("new", k=3)[0] == first


def test_a_rating_is_an_event_with_a_value(api):
    send(api, "rating", "m2", value=4.5)
    assert api.get("/v1/users/new/ratings").json()["ratings"][0]["rating"] == 4.5


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": "stare"}, "event"),
        ({"event": "rating", "value": None}, "value"),
        ({"event": "rating", "value": 7}, "value"),
        ({"event": "like", "value": 1}, "value"),
        ({"value": -0.5}, "value"),
        ({"value": 1e7}, "value"),
        ({"at": "yesterday"}, "at"),
        ({"rating": 5}, "rating"),
    ],
)
def test_an_event_that_cannot_be_meant_names_its_field_and_stores_nothing(api, settings, change, field):
    answer = api.post("/v1/events", json=[ONE, {**ONE, **change}])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"body.1.{field}"
    assert FeedbackStore(settings).count() == 0


def test_events_that_are_sent_again_are_stored_once(api, settings):
    at = {"at": "2026-01-01T00:00:00Z"}
    for _ in range(2):
        keyed = api.post("/v1/events", json={"events": [ONE, {**ONE, "event": "like", "value": None}]}, headers=KEY)
        assert keyed.json() == {"stored": 2, "duplicates": 0}
    assert send(api, "view", **at)["stored"] == 1
    assert send(api, "view", **at) == {"stored": 0, "duplicates": 1}
    assert FeedbackStore(settings).count() == 3


KEY = {"Idempotency-Key": "k"}


def test_an_event_of_a_movie_that_does_not_exist_is_refused(api):
    answer = api.post("/v1/events", json={**ONE, "movie_id": "m999"})
    assert answer.json()["detail"].startswith("Event 0 is of movie 'm999'")


def test_a_watch_list_is_kept_in_order_and_goes_with_its_user(api):
    for movie_id in ("m1", "m2", "m1"):
        assert api.put(f"/v1/users/new/watchlist/{movie_id}").status_code == 204
    assert [each["movie_id"] for each in api.get("/v1/users/new/watchlist").json()["items"]] == ["m2", "m1"]
    assert api.delete("/v1/users/new/watchlist/m2").status_code == 204
    assert [each["movie_id"] for each in api.get("/v1/users/new/watchlist").json()["items"]] == ["m1"]
    assert api.put("/v1/users/new/watchlist/m999").status_code == 404
    assert api.delete("/v1/users/new").status_code == 204
    assert api.get("/v1/users/new/watchlist").json()["items"] == []


def test_what_was_viewed_elsewhere_is_already_shown_until_it_is_clicked(api):
    first = api.movie_ids("somebody else", k=3)[0]  # to the user himself nothing was shown here
    send(api, "view", first)
    assert first not in api.movie_ids("new", k=3, not_shown_days=7)
    send(api, "click", first)
    assert api.movie_ids("new", k=3, not_shown_days=7)[0] == first


def test_a_watch_list_is_left_out_of_a_list_or_is_its_only_source(api):
    first, second, third = api.movie_ids("new", k=3)
    for movie_id in (second, third):
        api.put(f"/v1/users/new/watchlist/{movie_id}")
    assert api.movie_ids("new", k=3)[:2] == [first, second]
    without = api.movie_ids("new", k=3, watchlist="exclude")
    assert without[0] == first
    assert not {second, third} & set(without)
    assert api.movie_ids("new", k=3, watchlist="only") == [second, third]
    api.delete(f"/v1/users/new/watchlist/{second}")
    assert api.movie_ids("new", k=3, watchlist="only") == [third]  # the answer that was kept does not count
    assert api.movie_ids("other", k=3, watchlist="only") == []


def test_an_erased_user_has_no_events(api):
    send(api, "not_interested")
    assert api.delete("/v1/users/new").status_code == 204
    assert api.get("/v1/users/new/ratings").json()["events"] == []
