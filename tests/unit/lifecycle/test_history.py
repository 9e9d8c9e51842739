"""What is asked of the newest line of the history is what reading all of it tells."""

from typing import get_args

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from matinee.lifecycle.history import BY_ITSELF, ERASED, RESTORED, EventKind, History
from matinee.settings import Settings

LINES = st.lists(
    st.tuples(st.sampled_from(get_args(EventKind)), st.sampled_from("12"), st.sampled_from(["why", BY_ITSELF + "why"])),
    min_size=20,
    max_size=30,
)


@settings(max_examples=8, phases=[Phase.generate])  # each has a database of its own
@given(LINES)
def test_the_newest_lines_tell_what_all_of_them_tell(tmp_path_factory, lines):
    history = History(Settings(home=tmp_path_factory.mktemp("home"), _env_file=None))
    produced = deployed = begun = held = None
    for what, version, reason in lines:
        history.record(what, version, None, reason)
        if what in ("promoted", "rolled_back"):
            produced, begun = version, None
            held = version if what == "rolled_back" and reason == "why" else None
        elif what in ("promoting", "rolling_back"):
            begun = version
        elif what == "abandoned":
            begun = None
        elif what == "resumed":
            held = None
        elif what == "deployed":
            deployed = version
        unfinished = history.unfinished()
        assert (history.in_production(), history.last_deployed()) == (produced, deployed)
        assert (unfinished.version if unfinished else None) == begun
        assert [history.is_held(version) for version in "12"] == [held == version for version in "12"]


def test_a_hold_is_of_what_somebody_went_back_to_whatever_has_taken_its_place_since(settings):
    history = History(settings)
    history.record("rolled_back", "3", "4", "it felt better")
    assert history.gone_back_to("3") == "3"
    history.record("rolled_back", "6", "3", ERASED)
    history.record("rolled_back", "7", "6", f"{RESTORED}, because the alias is gone in MLflow.")
    history.record("rolled_back", "7", "7", f"{RESTORED}, because the alias is gone in MLflow.")
    history.record("rolled_back", "9", "7", ERASED)
    assert history.gone_back_to("9") == "3"
    history.record("resumed", "9", None, "enough")
    history.record("promoted", "10", "9", "sound")
    history.record("rolled_back", "9", "10", "it felt better again")
    assert history.gone_back_to("9") == "9"
