"""Ids are found as in a dictionary, and by their beginnings as in a sorted list."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.artifact.ids import STEP, Ids

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
"""All letters but halves of surrogate pairs, which no file can hold."""


def ids_of(ids: list[str]) -> Ids:
    return Ids(pl.Series(ids, dtype=pl.String))


@given(st.lists(TEXTS, unique=True))
def test_ids_say_what_a_dictionary_says(ids: list[str]) -> None:
    expected = {external_id: row for row, external_id in enumerate(ids)}
    found = ids_of(ids)
    assert dict(found) == expected
    assert len(found) == len(ids)
    assert [found[external_id] for external_id in ids] == list(range(len(ids)))


@given(st.lists(TEXTS, unique=True), TEXTS)
def test_an_id_that_is_not_there_is_not_found(ids: list[str], other: str) -> None:
    found = ids_of([external_id for external_id in ids if external_id != other])
    assert found.get(other) is None
    assert other not in found
    with pytest.raises(KeyError):
        found[other]


@given(st.lists(TEXTS, unique=True), st.text(st.characters(exclude_categories=["Cs"]), max_size=2), st.integers(0, 4))
def test_ids_are_found_by_their_beginning(ids: list[str], beginning: str, limit: int) -> None:
    expected = [external_id for external_id in sorted(ids) if external_id.startswith(beginning)]
    assert ids_of(ids).starting_with(beginning, limit) == expected[:limit]


@pytest.mark.parametrize("n", [STEP - 1, STEP, STEP + 1, 2 * STEP, 10 * STEP + 3])
def test_ids_of_several_blocks_are_found_and_what_lies_between_them_is_not(n: int) -> None:
    found = ids_of([f"{number:04}" for number in range(n)])
    assert [found.get(f"{number:04}") for number in range(n)] == list(range(n))
    assert [found.get(each) for number in range(n) for each in (f"{number:04}+", f"{number:03}")] == [None] * 2 * n
    assert found.get("") is None
    assert found.starting_with("0", n) == list(found)


def test_half_a_surrogate_pair_is_no_id() -> None:
    assert ids_of(["a", "b"]).get("\ud800") is None
    assert ids_of(["a", "b"]).starting_with("\ud800", 1) == []


def test_ids_are_read_by_their_letters() -> None:
    assert list(ids_of(["b", "é", "a", "가"])) == ["a", "b", "é", "가"]


def test_an_id_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="2 different ids in 3 rows"):
        ids_of(["a", "b", "a"])


def test_a_missing_id_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        Ids(pl.Series(["a", None], dtype=pl.String))
