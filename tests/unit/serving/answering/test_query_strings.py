"""Query strings are remembered, and what is remembered is bounded."""

from matinee.ranking import ListRequest
from matinee.serving.answering.query_strings import KEPT, LONGEST, AskedList, QueryStrings

TEN = AskedList(ListRequest(k=10, reasons=True))


def test_a_query_string_is_found_again_and_another_is_not():
    known = QueryStrings()
    known.remember(b"k=10", TEN)
    assert known.find(b"k=10") == TEN
    assert known.find(b"k=11") is None


def test_neither_many_nor_long_ones_fill_the_memory():
    known = QueryStrings()
    known.remember(b"x" * (LONGEST + 1), TEN)
    for number in range(KEPT + 1):
        known.remember(b"k=10&x=%d" % number, TEN)
    assert known.find(b"x" * (LONGEST + 1)) is None
    assert known.find(b"k=10&x=%d" % (KEPT - 1)) == TEN
    assert known.find(b"k=10&x=%d" % KEPT) is None


def test_a_first_page_is_remembered_and_a_further_one_is_not():
    known = QueryStrings()
    for cursor in ("", "further"):
        known.remember(f"cursor={cursor}".encode(), TEN._replace(cursor=cursor))
    assert known.find(b"cursor=") == TEN._replace(cursor="")
    assert known.find(b"cursor=further") is None
