"""What people say, over HTTP, on SQLite and on PostgreSQL alike; other processes are other workers."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.settings import Settings
from support import as_source


@pytest.fixture
def settings(tmp_path, mlflow, make_settings) -> Settings:
    return make_settings(home=tmp_path / "home", mlflow_url=mlflow.url, api_token="token-of-these-tests")


def known(api, user_id: str) -> list[str]:
    return sorted(rating["movie_id"] for rating in api.get(f"/v1/users/{user_id}/ratings").json()["ratings"])


def in_another_process(settings: Settings, what: str) -> None:
    script = f"""
from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.settings import Settings
FeedbackStore({as_source(settings)}).{what}
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_somebody_who_rated_is_found_by_the_beginning_of_the_id(api):
    api.rate("new%comer", "m7")
    api.rate("newcomer", "m7")
    assert api.get("/v1/users?query=new%25").json() == {"users": [{"user_id": "new%comer", "n_ratings": 1}]}


def test_a_rating_counts_until_it_is_taken_back_and_so_does_a_user(api):
    assert api.recommend("newcomer")["policy"] == "popular"
    api.rate("newcomer", "m7")
    api.rate("newcomer", "m9")
    assert api.recommend("newcomer")["policy"] == "fold_in"
    api.delete("/v1/users/newcomer/ratings/m7")
    assert known(api, "newcomer") == ["m9"]
    assert "m7" in api.movie_ids("newcomer", k=40)
    api.delete("/v1/users/newcomer")
    assert api.recommend("newcomer")["policy"] == "popular"


def test_the_very_next_answer_counts_what_another_process_has_stored(api, settings):
    assert known(api, "newcomer") == []
    in_another_process(settings, "add([NewRating('newcomer', 'm7', 5)])")
    assert known(api, "newcomer") == ["m7"]
    assert "m7" not in api.movie_ids("newcomer", k=40)
    in_another_process(settings, "withdraw('newcomer')")
    assert known(api, "newcomer") == []
    assert "m7" in api.movie_ids("newcomer", k=40)


def test_whoever_writes_meanwhile_every_answer_counts_all_that_was_acknowledged_before_it(api, settings):
    store = FeedbackStore(settings)

    def use(user: int) -> None:
        for movie in range(12):
            if movie % 2:
                api.rate(f"user{user}", f"m{movie}")
            else:
                store.add([NewRating(f"user{user}", f"m{movie}", 4)])
            assert len(known(api, f"user{user}")) == movie + 1

    with ThreadPoolExecutor(6) as pool:
        for each in [pool.submit(use, user) for user in range(6)]:
            each.result()


def test_one_request_sent_at_once_by_many_is_stored_once(api, settings):
    body, headers = {"user_id": "u", "movie_id": "m1", "rating": 4}, {"Idempotency-Key": "k"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post("/v1/ratings", json=body, headers=headers), range(16)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, '{"stored":1,"duplicates":0}')}
    assert FeedbackStore(settings).count() == 1
