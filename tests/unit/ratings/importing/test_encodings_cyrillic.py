# ruff: noqa: RUF001  titles in Cyrillic are what it is about
"""Titles in the older encodings of Cyrillic text."""

import pytest

from matinee.ratings.importing.encodings import detect

TITLES = "Броненосец Потёмкин\nИрония судьбы, или С лёгким паром!\nМосква слезам не верит\nДрама\n"


@pytest.mark.parametrize("encoding", ["cp1251", "koi8_r", "cp866", "iso8859_5"])
def test_cyrillic_is_read_as_it_was_written(encoding):
    assert TITLES.encode(encoding).decode(detect([TITLES.encode(encoding)]).name) == TITLES


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Le fabuleux destin d'Amélie Poulain\nLéon\nDélicatessen à côté\n", "cp1252"),
        ("Über den Dächern von Nürnberg\nDas weiße Band\n", "cp1252"),
        ("기생충\n올드보이\n살인의 추억\n", "cp949"),
        ("七人の侍\n千と千尋の神隠し\n", "cp932"),
    ],
)
def test_other_texts_are_not_taken_for_cyrillic(text, encoding):
    assert text.encode(encoding).decode(detect([text.encode(encoding)]).name) == text
