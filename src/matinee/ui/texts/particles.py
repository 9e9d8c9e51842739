"""Korean particles, which follow the sound that the word before them ends with: 버전 3으로, but 버전 4로."""

import re

_PAIRS = {
    "을(를)": ("을", "를"),
    "이(가)": ("이", "가"),
    "은(는)": ("은", "는"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
}
"""How a text writes a particle that is still open: after a final consonant, and after a vowel."""

_OPEN = re.compile("|".join(map(re.escape, _PAIRS)))
_SILENT = re.compile(r"[\s\W_]+$")
"""Quotation marks and the like at the end of a word, which nobody pronounces."""

_FIRST, _LAST, _N_FINALS, _RIEUL = "가", "힣", 28, 8
"""Of 28 Hangul syllables with one beginning the first has no final consonant (Unicode, 3.12), and the ninth ㄹ."""

_DIGITS = dict(zip("0123456789", "영일이삼사오육칠팔구", strict=True))
"""How digits are read; a number that ends with zeros (십, 백, 천, 만, 억) ends with a consonant as 영 does."""


class KoreanText(str):
    """A text whose particles are chosen when its placeholders are filled in."""

    __slots__ = ()

    def format(self, *values: object, **named: object) -> str:
        """The text with its values and its particles."""
        return particles(super().format(*values, **named))


def particles(text: str) -> str:
    """The text with every open particle (`을(를)`) closed, but for those after a word of another script."""
    return _OPEN.sub(_closed, text)


def _closed(found: re.Match[str]) -> str:
    particle, before = found.group(), _SILENT.sub("", found.string[: found.start()])
    syllable = _DIGITS.get(before[-1:], before[-1:])
    if not _FIRST <= syllable <= _LAST:
        return particle
    final = (ord(syllable) - ord(_FIRST)) % _N_FINALS
    # After ㄹ it is 로, as after a vowel: 서울로.
    ends_in_consonant = final not in (0, _RIEUL) if particle == "(으)로" else final != 0
    return _PAIRS[particle][0 if ends_in_consonant else 1]
