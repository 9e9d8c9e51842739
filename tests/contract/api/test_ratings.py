"""What people say: stored before it is acknowledged, all or nothing, once, and read back."""

from datetime import UTC, datetime, timedelta

import pytest

from matinee.ratings.feedback.store import FeedbackStore

ONE = {"user_id": "u1", "movie_id": "m1", "rating": 4.5}


def test_the_last_of_several_words_with_one_time_is_what_is_known(api, ratings):
    learned = ratings.filter(user_id="u4").row(0, named=True)
    movie, at = learned["movie_id"], learned["rated_at"].isoformat()
    for stars in (1.5, 3, 1.5):
        assert api.post(
            "/v1/ratings", json={"user_id": "u4", "movie_id": movie, "rating": stars, "rated_at": at}
        ).json()["stored"]
        (known,) = [each for each in api.get("/v1/users/u4/ratings").json()["ratings"] if each["movie_id"] == movie]
        assert known["rating"] == stars


def test_a_rating_is_in_the_database_when_it_is_acknowledged(api, settings):
    answer = api.post("/v1/ratings", json=ONE)
    assert (answer.status_code, answer.json()) == (201, {"stored": 1, "duplicates": 0})
    (stored,) = FeedbackStore(settings).of_user("u1")
    assert (stored.movie_id, stored.rating) == ("m1", 4.5)
    assert datetime.now(UTC) - stored.rated_at < timedelta(minutes=5)


@pytest.mark.parametrize("wrapped", [lambda batch: batch, lambda batch: {"ratings": batch}])
def test_a_batch_is_stored_in_one_request(api, settings, wrapped):
    batch = [{"user_id": f"u{row}", "movie_id": f"m{row % 40}", "rating": 3} for row in range(1000)]
    assert api.post("/v1/ratings", json=wrapped(batch)).json() == {"stored": 1000, "duplicates": 0}
    assert FeedbackStore(settings).count() == 1000


def test_numbers_are_read_as_ids(api, settings):
    api.post("/v1/ratings", json={**ONE, "user_id": 42})
    assert FeedbackStore(settings).of_user("42")[0].user_id == "42"


@pytest.mark.parametrize(
    "rated_at", ["2024-05-01T12:00:00Z", "2024-05-01T14:00:00+02:00", "2024-05-01T12:00:00", 1714564800]
)
def test_times_are_iso_or_seconds_and_utc_without_a_zone(api, settings, rated_at):
    api.rate("u1", "m1", rated_at=rated_at)
    assert FeedbackStore(settings).of_user("u1")[0].rated_at == datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_the_same_event_is_stored_once(api):
    dated = {**ONE, "rated_at": "2024-05-01T12:00:00Z"}
    assert api.post("/v1/ratings", json=dated).json() == {"stored": 1, "duplicates": 0}
    assert api.post("/v1/ratings", json=dated).json() == {"stored": 0, "duplicates": 1}


def test_a_request_that_is_sent_again_with_its_key_is_stored_once(api, settings):
    first, second = (api.post("/v1/ratings", json=ONE, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert FeedbackStore(settings).count() == 1


def test_a_key_is_not_for_other_ratings(api, settings):
    api.post("/v1/ratings", json=ONE, headers={"Idempotency-Key": "k1"})
    answer = api.post("/v1/ratings", json={**ONE, "rating": 1}, headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 409
    assert FeedbackStore(settings).count() == 1


def test_before_the_catalogue_is_known_any_movie_can_be_rated(start, settings):
    start().rate("u1", "some movie")
    assert FeedbackStore(settings).count() == 1


def test_a_user_is_known_by_training_and_by_live_ratings(api, ratings):
    learned = ratings.filter(user_id="u4").sort("rated_at", descending=True)
    api.rate("u4", learned["movie_id"][0], 1.0)
    answer = api.get("/v1/users/u4/ratings").json()
    assert answer["user_id"] == "u4"
    first, *others = answer["ratings"]
    row = int(first["movie_id"][1:])
    assert (first["rating"], first["source"], first["title"]) == (1.0, "live", f"The Léon Chronicle, Part {row}")
    assert [(each["movie_id"], each["rating"]) for each in others] == list(
        learned[1:].select("movie_id", "rating").iter_rows()
    )
    assert {each["source"] for each in others} == {"training"}


def test_a_live_rating_that_was_learned_is_of_the_training(api, ratings):
    learned = ratings.filter(user_id="u4").row(0, named=True)
    api.rate("u4", learned["movie_id"], learned["rating"], rated_at=learned["rated_at"].isoformat())
    known = api.get("/v1/users/u4/ratings").json()["ratings"]
    assert {each["source"] for each in known} == {"training"}
    assert len(known) == ratings.filter(user_id="u4").height


def test_the_newest_ratings_come_first_and_no_more_than_asked_for(api):
    for day in (2, 1, 3):
        api.rate("newcomer", f"m{day}", rated_at=f"2024-05-0{day}T00:00:00Z")
    answer = api.get("/v1/users/newcomer/ratings", params={"limit": 2}).json()
    assert [each["movie_id"] for each in answer["ratings"]] == ["m3", "m2"]


def test_a_movie_that_the_model_does_not_know_has_no_title(start, mlflow):
    api = start()
    api.rate("u1", "unheard of")
    mlflow.register(1)
    api.swap()
    (newest, *_) = api.get("/v1/users/u1/ratings").json()["ratings"]
    assert (newest["movie_id"], newest["title"]) == ("unheard of", None)
    assert api.recommend("u1")["policy"] == "learned"
