"""Query strings are remembered, and what is remembered is bounded."""

from matinee.serving.answering.query_strings import KEPT, LONGEST, Question, Questions
from matinee.serving.model.catalogue import Filters

TEN = Question(Filters(), k=10, exclude_seen=True, reasons=True)


def test_a_query_string_is_found_again_and_another_is_not():
    questions = Questions()
    questions.remember(b"k=10", TEN)
    assert questions.find(b"k=10") == TEN
    assert questions.find(b"k=11") is None


def test_neither_many_nor_long_ones_fill_the_memory():
    questions = Questions()
    questions.remember(b"x" * (LONGEST + 1), TEN)
    for number in range(KEPT + 1):
        questions.remember(b"k=10&x=%d" % number, TEN)
    assert questions.find(b"x" * (LONGEST + 1)) is None
    assert questions.find(b"k=10&x=%d" % (KEPT - 1)) == TEN
    assert questions.find(b"k=10&x=%d" % KEPT) is None
