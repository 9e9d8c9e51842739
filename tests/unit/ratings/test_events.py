"""Which events are learned, as what, and how they come from files and from people into a model."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.artifact.axes import on_axes
from matinee.errors import NoEvent
from matinee.models.interactions import Interactions
from matinee.ranking import Events, Histories, History, PackedHistories, pack
from matinee.ranking.events import EVENTS
from matinee.ratings.events import EVENT, WEIGHTED, counts, event_weights, learned, stands_for, weight_of
from matinee.ratings.feedback import FeedbackStore, NewRating
from matinee.ratings.ledger import ChunkLedger
from matinee.ratings.sources import prepare, scale_of

BEGUN = datetime(2026, 1, 1, 11, tzinfo=UTC)
EVENTS_FILE = (
    "user_id,movie_id,event,value,rated_at\n"
    "u1,m1,watch,0.5,2026-01-01T11:00:00Z\n"
    "u1,m2,purchase,,2026-01-01T12:00:00Z\n"
    "u1,m3,click,,2026-01-01T13:00:00Z\n"
    "u1,m4,not_interested,,2026-01-01T14:00:00Z\n"
    "u1,m4,watch,1,2026-01-01T15:00:00Z\n"
    "u2,m1,watched,40,2026-01-01T11:00:00Z\n"
    "u2,m2,rating,4.5,2026-01-01T12:00:00Z\n"
    "u2,m3,stare,,2026-01-01T13:00:00Z\n"
)


def home(settings, tmp_path, text, **values):
    (tmp_path / "r.csv").write_text(text)
    return settings.model_copy(update={"data": str(tmp_path / "r.csv"), "bootstrap": "1d", **values})


@pytest.mark.parametrize(
    ("event", "value", "weight"),
    [
        ("rating", 5, 1),
        ("watch", None, 1),
        ("watch", 0.5, 0.5),
        ("watch", 1, 1),
        ("watch", 12, 3.5),
        ("click", None, 0),
    ],
)
def test_a_watch_counts_by_the_share_or_by_the_logarithm_of_how_often(settings, event, value, weight):
    assert weight_of(event, value, event_weights(settings)) == weight


SOME_EVENTS = st.one_of(
    st.tuples(st.just("rating"), st.sampled_from([0.5, 3.0, 5.0])),
    st.tuples(st.just("watch"), st.sampled_from([None, 0.0, 0.3, 1.0, 2.0, 40.0])),
    st.tuples(st.sampled_from(EVENTS[1:]), st.none()),
)


@given(st.lists(SOME_EVENTS, max_size=12), st.dictionaries(st.sampled_from(WEIGHTED), st.sampled_from([0.0, 0.5, 2.0])))
def test_many_events_at_once_are_learned_as_each_alone(events, chosen):
    weights = dict.fromkeys(WEIGHTED, 0.0) | chosen
    frame = pl.LazyFrame(events, {"event": EVENT, "rating": pl.Float32}, orient="row")
    expected = [
        (event, stands_for(event, value, weight), weight)
        for event, value in events
        if counts(event, weights)
        for weight in [weight_of(event, value, weights)]
    ]
    assert learned(frame, weights).select("event", "rating", "weight").collect().rows() == expected


def test_a_file_of_events_is_learned_as_it_is_meant(settings, tmp_path):
    own = home(settings, tmp_path, EVENTS_FILE)
    ledger = ChunkLedger(own)
    ledger.close_next("run-1")
    assert prepare(own).reasons == {"unknown_event": 1}
    assert ledger.chunk(1).n_ratings == 7
    found = Interactions.from_ratings(ledger.ratings_through(1), [], 4.0, BEGUN + timedelta(days=1))
    matrix = found.user_items().toarray()
    assert found.movie_ids == ["m1", "m2", "m4"]
    assert matrix.tolist() == [[0.5, 1, 0], [4.6875, 1, 0]]  # 1 + ln 40, in parts of 1/16
    assert found.histories.of(0).hidden.tolist() == [2]
    kinds = ledger.interactions_of(1)["event"].cast(pl.String).value_counts().sort("event").rows()
    assert kinds == [("click", 1), ("not_interested", 1), ("purchase", 1), ("rating", 1), ("watch", 3)]


@pytest.mark.either
def test_of_several_watches_of_a_movie_the_newest_counts_with_how_often_it_was_so_far(settings, tmp_path):
    text = (
        "user_id,movie_id,event,value,rated_at\n"
        "u1,m1,watch,1,2026-01-01T11:00:00Z\n"
        "u1,m1,watch,12,2026-01-01T13:00:00Z\n"
        "u1,m1,watch,2,2026-01-02T12:00:00Z\n"
        "u1,m2,watch,12,2026-01-01T12:00:00Z\n"
    )
    own = home(settings, tmp_path, text)
    ledger = ChunkLedger(own)
    weights = []
    for number in (1, 2):
        ledger.close_next(f"run-{number}")
        found = Interactions.from_ratings(ledger.ratings_through(number), ["m1", "m2"], 4.0, BEGUN)
        weights.append(found.user_items().toarray().tolist())
    assert weights == [[[3.5, 3.5]], [[1.6875, 3.5]]]  # 1 + ln 12, then 1 + ln 2
    store = FeedbackStore(own)
    twice = [NewRating("u2", "m1", value, BEGUN + timedelta(hours=value), "watch") for value in (1, 12, 12)]
    assert store.add(twice).stored == 2
    assert [each.weight for each in store.of_user("u2")] == [3.5]


def test_play_counts_are_a_file_of_watches_when_somebody_says_so(settings, tmp_path):
    text = "user_id,movie_id,rating,rated_at\nu1,m1,1,2026-01-05T20:15:00Z\nu1,m2,350,2026-01-05T21:15:00Z\n"
    source = prepare(home(settings, tmp_path, text, event="watch"))
    assert (source.n_ratings, source.reasons) == (2, {})


def test_a_file_without_ratings_and_events_asks_what_its_rows_are(settings, tmp_path):
    text = "user_id,movie_id,rated_at\nu1,m1,2026-01-05T20:15:00Z\n"
    with pytest.raises(NoEvent, match="MATINEE_EVENT=watch"):
        prepare(home(settings, tmp_path, text))
    own = home(settings, tmp_path, text, event="purchase")
    assert prepare(own).ratings()["event"].to_list() == ["purchase"]
    assert str(scale_of(own)) == "0.5-5:0.5"


def test_live_events_join_the_next_chunk_once_and_go_when_they_are_taken_back(settings, tmp_path):
    own = home(settings, tmp_path, EVENTS_FILE)
    store, ledger = FeedbackStore(own), ChunkLedger(own)
    store.add([NewRating("new", "m1", None, event="like"), NewRating("new", "m2", None, event="dislike")])
    store.add([NewRating("new", "m1", None, event="view")])
    ledger.close_next("run-1")
    live = ledger.interactions_of(1).filter(origin="live")
    assert sorted(live.select("movie_id", "event").rows()) == [("m1", "like"), ("m1", "view"), ("m2", "dislike")]
    assert [(each.movie_id, each.event) for each in store.of_user("new")] == [("m2", "dislike"), ("m1", "like")]
    store.withdraw("new", "m1")
    assert ledger.interactions_of(1).filter(origin="live")["event"].to_list() == ["dislike"]


def test_what_is_said_goes_before_what_is_done_in_training_and_with_news():
    frame = pl.DataFrame(
        {
            "user_id": ["u", "u", "u"],
            "movie_id": ["a", "a", "b"],
            "rating": [-1e9, 1e9, 1e9],
            "rated_at": [BEGUN, BEGUN + timedelta(hours=1), BEGUN],
            "event": ["dislike", "watch", "watch"],
            "weight": [1.0, 1.0, 0.5],
        }
    )
    known = on_axes(frame, ["a", "b"]).histories.of(0)
    assert known.hidden.tolist() == [0]
    later = np.array([int(BEGUN.timestamp()) + 9_999])
    watch, like = (
        History(
            np.zeros(1, np.int32),
            np.full(1, 1e9, np.float32),
            later,
            Events(np.array([code], np.uint8), np.ones(1, np.float32)),
        )
        for code in (4, 1)
    )
    assert known.with_news(watch) is known
    assert known.with_news(like).hidden.tolist() == []


def test_histories_with_events_come_out_of_an_artifact_as_they_went_in():
    events = Events(np.array([0, 1, 3], np.uint8), np.array([1, 0.5, 1], np.float32))
    ratings = np.array([4, 1e9, -1e9], np.float32)
    whole = Histories(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32), ratings, np.array([1, 2, 3]), events)
    packed = PackedHistories.from_arrays(pack(whole))
    for user in (0, 1):
        one, other = whole.of(user), packed.of(user)
        assert one.ratings.tolist() == other.ratings.tolist()
        assert one.events.codes.tolist() == other.events.codes.tolist()
        assert one.events.weights.tolist() == other.events.weights.tolist()


def test_a_home_of_ratings_alone_keeps_its_arrays(settings, tmp_path):
    text = "user_id,movie_id,rating,rated_at\nu1,m1,5,2026-01-01T11:00:00Z\nu2,m1,3,2026-01-01T12:00:00Z\n"
    ledger = ChunkLedger(home(settings, tmp_path, text))
    ledger.close_next("run-1")
    found = Interactions.from_ratings(ledger.ratings_through(1), [], 4.0, BEGUN)
    assert found.histories.events is None
    assert not any("event" in name or "value_weights" in name for name in pack(found.histories))
