"""The particle follows the sound before it."""

import pytest

from matinee.ui.texts.particles import KoreanText, particles


@pytest.mark.parametrize(
    ("open_text", "text"),
    [
        ("영화을(를)", "영화를"),
        ("모델을(를)", "모델을"),
        ("모델이(가)", "모델이"),
        ("영화은(는)", "영화는"),
        ("모델과(와) 영화과(와)", "모델과 영화와"),
        ("서울(으)로", "서울로"),
        ("부산(으)로", "부산으로"),
        ("제주(으)로", "제주로"),
        ("*대부*을(를)", "*대부*를"),
        ("“별”이(가)", "“별”이"),
    ],
)
def test_words_take_the_particle_of_their_last_syllable(open_text, text):
    assert particles(open_text) == text


@pytest.mark.parametrize(
    ("number", "to", "subject"),
    [
        *[(0, "0으로", "0이"), (1, "1로", "1이"), (2, "2로", "2가"), (3, "3으로", "3이"), (4, "4로", "4가")],
        *[(5, "5로", "5가"), (6, "6으로", "6이"), (7, "7로", "7이"), (8, "8로", "8이"), (9, "9로", "9가")],
        *[(10, "10으로", "10이"), (12, "12로", "12가"), (100, "100으로", "100이"), (1200, "1200으로", "1200이")],
    ],
)
def test_numbers_take_the_particle_of_how_they_are_read(number, to, subject):
    assert KoreanText("{n}(으)로 {n}이(가)").format(n=number) == f"{to} {subject}"


def test_after_another_script_the_particle_stays_open():
    assert particles("Alien이(가)") == "Alien이(가)"
    assert particles("을(를)") == "을(를)"
