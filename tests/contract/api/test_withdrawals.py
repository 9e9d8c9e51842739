"""What somebody takes back counts no more: in the next answer of every worker, whatever the model has learned."""

from urllib.parse import quote

import pytest

from matinee.ratings.feedback.store import FeedbackStore
from matinee.ratings.sources.own import folder_name


def withdraw(api, user_id: str, movie_id: str) -> None:
    path = f"/v1/users/{quote(user_id, safe='')}/ratings/{quote(movie_id, safe='')}"
    assert api.delete(path).status_code == 204


def erase(api, user_id: str) -> None:
    assert api.delete(f"/v1/users/{quote(user_id, safe='')}").status_code == 204


def known(api, user_id: str) -> list[str]:
    path = f"/v1/users/{quote(user_id, safe='')}/ratings"
    return [rating["movie_id"] for rating in api.get(path).json()["ratings"]]


def test_a_rating_that_is_taken_back_does_not_count_in_the_very_next_list(api):
    before = api.recommend("newcomer", k=40)
    api.rate("newcomer", "m7")
    withdraw(api, "newcomer", "m7")
    after = api.recommend("newcomer", k=40)
    assert (after["policy"], after["items"]) == (before["policy"], before["items"])
    assert known(api, "newcomer") == []


def test_a_rating_that_the_model_has_learned_can_be_taken_back(api, ratings):
    learned = set(ratings.filter(user_id="u4")["movie_id"])
    gone = min(learned)
    withdraw(api, "u4", gone)
    answer = api.recommend("u4", k=40)
    assert answer["policy"] == "fold_in"
    assert gone in {item["movie_id"] for item in answer["items"]}
    assert set(known(api, "u4")) == learned - {gone}


def test_an_erased_user_is_as_new_as_one_who_never_came(api):
    api.rate("u4", "m7")
    erase(api, "u4")
    erased, stranger = api.recommend("u4", k=40), api.recommend("never came", k=40)
    assert (erased["policy"], erased["items"]) == ("popular", stranger["items"])
    assert known(api, "u4") == []


def test_an_erased_user_who_rates_again_is_known_by_that_alone(api):
    erase(api, "u4")
    api.rate("u4", "m7", rated_at="2024-05-01T00:00:00Z")
    assert known(api, "u4") == ["m7"]
    assert api.recommend("u4")["policy"] == "fold_in"


def test_taking_back_is_for_one_user_and_one_movie(api):
    for user_id in ("a", "b"):
        api.rate(user_id, "m1")
        api.rate(user_id, "m2")
    withdraw(api, "a", "m1")
    assert (known(api, "a"), sorted(known(api, "b"))) == (["m2"], ["m1", "m2"])


def test_taking_back_again_or_what_never_was_changes_nothing(api):
    api.rate("a", "m1")
    for _ in range(2):
        withdraw(api, "a", "m2")
        withdraw(api, "nobody", "m1")
        erase(api, "nobody")
    assert known(api, "a") == ["m1"]


def test_erasing_somebody_unknown_leaves_no_row(api, settings):
    erase(api, "nobody")
    withdraw(api, "nobody", "m1")
    assert FeedbackStore(settings).newest_withdrawal() == 0
    erase(api, "u4")  # whom the model has learned from
    assert FeedbackStore(settings).newest_withdrawal() == 1


@pytest.mark.parametrize("n_bytes", [0, 200])
def test_while_the_data_set_cannot_be_read_everybody_may_be_in_it(api, settings, ratings, n_bytes):
    table = settings.home / folder_name(settings.data) / "ratings.parquet"
    table.parent.mkdir(parents=True)
    ratings.write_parquet(table)
    table.write_bytes(table.read_bytes()[:n_bytes])
    erase(api, "perhaps in it")
    withdraw(api, "perhaps in it", "m1")
    assert FeedbackStore(settings).newest_withdrawal() == 2


@pytest.mark.parametrize("user_id", ["a/b", "a/ratings/m1", "/", "100%", "a%2Fb", "ü"])
def test_who_has_an_odd_id_is_erased_and_nobody_else(api, user_id):
    for each in (user_id, "a"):
        api.rate(each, "m1")
    withdraw(api, user_id, "m1")
    assert (known(api, user_id), known(api, "a")) == ([], ["m1"])
    api.rate(user_id, "m2")
    erase(api, user_id)
    assert (known(api, user_id), known(api, "a")) == ([], ["m1"])


@pytest.mark.parametrize("path", ["/v1/users/%20", "/v1/users/%00/ratings/m1", "/v1/users/a/ratings/%09"])
def test_an_id_that_is_none_is_a_problem(api, path):
    assert api.delete(path).status_code == 422


def test_what_another_process_stores_or_takes_back_is_in_the_next_answer(api, settings):
    """As by another worker: `FeedbackStore` has connections of its own."""
    store = FeedbackStore(settings)
    assert known(api, "newcomer") == []
    api.rate("newcomer", "m1")
    assert known(api, "newcomer") == ["m1"]
    store.withdraw("newcomer", "m1")
    assert known(api, "newcomer") == []
    api.rate("newcomer", "m2")
    assert known(api, "newcomer") == ["m2"]
    store.withdraw("newcomer")
    assert known(api, "newcomer") == []
