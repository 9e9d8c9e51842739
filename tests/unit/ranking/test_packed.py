"""Histories take a third of the memory in an artifact, and come out as they went in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from matinee.ranking import EVENTS, Events, Histories, PackedHistories, RankingModel, pack
from matinee.ranking.packed import JUMP

SECONDS = st.integers(0, 2**40) | st.sampled_from([0, 1, JUMP - 1, JUMP, JUMP + 1])

ROWS = st.integers(0, 2**31 - 1) | st.integers(0, 200_000) | st.sampled_from([0, 2**16 - 1, 2**16])


def histories_of(users: list[list[tuple[int, float, int]]]) -> Histories:
    entries = [sorted(user, key=lambda entry: entry[2]) for user in users]
    flat = [entry for user in entries for entry in user]
    return Histories(
        np.cumsum([0, *map(len, entries)]).astype(np.int64),
        np.array([item for item, *_ in flat], np.int32),
        np.array([stars for _, stars, _ in flat], np.float32),
        np.array([second for *_, second in flat], np.int64),
    )


@given(st.lists(st.lists(st.tuples(ROWS, st.sampled_from([0.5, 3.0, 5.0]), SECONDS), max_size=8), max_size=6))
def test_every_history_comes_out_as_it_went_in(users):
    histories = histories_of(users)
    packed = PackedHistories.from_arrays(pack(histories))
    for read in (packed, packed.unpacked()):
        assert len(read) == len(histories)
        assert_array_equal(read.items, histories.items)
        for user in range(len(histories)):
            there, back = histories.of(user), read.of(user)
            assert_array_equal(back.items, there.items)
            assert_array_equal(back.ratings, there.ratings)
            assert_array_equal(back.rated_at, there.rated_at)
            assert (back.items.dtype, back.ratings.dtype) == (np.int32, np.float32)
            assert back.rated_at.dtype == np.int64


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.5, 3.0, 1e9]), st.integers(0, len(EVENTS) - 1), st.sampled_from([0.0625, 1.0, 3.5])
        ),
        max_size=20,
    )
)
def test_what_the_entries_are_comes_out_as_it_went_in(entries):
    n = len(entries)
    stars, codes, weights = (np.array([entry[place] for entry in entries]) for place in range(3))
    events = Events(codes.astype(np.uint8), weights.astype(np.float32))
    histories = Histories(
        np.array([0, n]), np.arange(n, dtype=np.int32), stars.astype(np.float32), np.arange(n), events
    )
    packed = PackedHistories.from_arrays(pack(histories))
    for read in (packed, packed.unpacked()):
        back = read.of(0)
        assert back.events is not None
        assert_array_equal(back.ratings, histories.ratings)
        assert_array_equal(back.events.codes, events.codes)
        assert_array_equal(back.events.weights, events.weights)


@pytest.mark.parametrize(("limit", "kind"), [(3, Histories), (2, PackedHistories)])
def test_histories_are_unpacked_where_they_are_few(limit, kind, monkeypatch):
    monkeypatch.setattr("matinee.ranking.model.UNPACKED", limit)
    histories = histories_of([[(movie, 4.0, movie) for movie in range(3)]])
    arrays = {"popularity": np.ones(3, np.float32), **pack(histories)}
    model = RankingModel.from_arrays("popularity", arrays, {}).unpacked()
    assert isinstance(model.histories, kind)
    assert model.arrays is arrays
    assert_array_equal(model.history(0).items, histories.items)


def test_a_sitting_takes_five_bytes_a_rating():
    sitting = [(movie, 4.0, 1_000_000_000 + 20 * movie) for movie in range(2_000)]
    assert sum(array.nbytes for array in pack(histories_of([sitting])).values()) < 2_000 * 5 + 100


def test_of_87_585_movies_a_rating_takes_an_eighth_of_a_byte_more():
    sitting = [(80_000 + movie, 4.0, 1_000_000_000 + 20 * movie) for movie in range(2_000)]
    arrays = pack(histories_of([sitting]))
    assert sum(array.nbytes for array in arrays.values()) < 2_000 * 5 + 2_000 // 8 + 100
    assert arrays["history_items_high"].shape == (1, 250)


def test_rows_of_32_bits_are_read_as_former_versions_wrote_them():
    histories = histories_of([[(70_000, 4.0, 10), (3, 5.0, 11)]])
    arrays = pack(histories)
    del arrays["history_items_low"], arrays["history_items_high"]
    packed = PackedHistories.from_arrays({**arrays, "history_items": histories.items.astype(np.uint32)})
    assert packed.of(0).items.tolist() == [70_000, 3]
    assert packed.items.tolist() == [70_000, 3]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("history_items_high", np.zeros((1, 2), np.uint8)),
        ("history_items_high", np.zeros(1, np.uint8)),
        ("history_items_high", np.zeros((1, 1), np.int64)),
        ("history_items_low", np.zeros(2, np.float32)),
        ("history_items_low", np.zeros(9, np.uint16)),
    ],
)
def test_bits_that_do_not_fit_the_rows_are_refused(name, value):
    arrays = pack(histories_of([[(70_000, 4.0, 10), (1, 5.0, 11)]]))
    with pytest.raises(ValueError, match="does not have a bit for each"):
        PackedHistories.from_arrays({**arrays, name: value})


def test_play_counts_of_more_than_256_values_stay_as_they_are():
    plays = histories_of([[(0, float(n), n) for n in range(300)]])
    assert_array_equal(pack(plays)["history_ratings"], plays.ratings)
    model = RankingModel.from_arrays("popularity", {"popularity": np.ones(1, np.float32), **pack(plays)}, {})
    assert len(model.history(0)) == 300


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("history_rating_codes", np.array([0, 9], np.uint8), "outside history_rating_values"),
        ("history_jump_at", np.array([1]), "where history_steps jumps"),
        ("history_jump_at", np.array([0, 0]), "does not rise"),
        ("history_steps", np.array([3, 1], np.uint16), "where history_steps jumps"),
        ("history_offsets", np.array([0, 1, 2]), "does not begin with a time of its own"),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(name, value, complaint):
    arrays = pack(histories_of([[(0, 4.0, 10), (1, 5.0, 11)]]))
    with pytest.raises(ValueError, match=complaint):
        PackedHistories.from_arrays({**arrays, name: value})
