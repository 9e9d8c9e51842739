"""Who has said something, known without asking the database for each user."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checks
from hypothesis import strategies as st

from matinee.ratings.feedback import changes
from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.settings import Settings

USERS = ["a", "b", "c", "d"]


@pytest.mark.slow
@pytest.mark.parametrize("known_by_name", [2, 50_000])
@checks(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["rate", "withdraw", "look"]), st.sampled_from(USERS)), max_size=12))
def test_it_tells_who_has_said_something_however_many_they_are(tmp_path_factory, monkeypatch, known_by_name, steps):
    monkeypatch.setattr(changes, "KNOWN_BY_NAME", known_by_name)
    store = FeedbackStore(Settings(home=tmp_path_factory.mktemp("home"), _env_file=None))
    store.add([NewRating("a", "m", 4)])
    followed, speakers = store.changes(), {"a"}
    for what, user_id in steps:
        if what == "rate":
            store.add([NewRating(user_id, "m", 4)])
            speakers.add(user_id)
        elif what == "withdraw":
            store.withdraw(user_id)
            speakers.add(user_id)
        else:
            followed.users()
            assert {user_id for user_id in USERS if followed.has_said(user_id)} == speakers
    followed.abandon()
