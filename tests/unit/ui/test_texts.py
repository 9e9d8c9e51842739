"""Both languages say the same things."""

from dataclasses import fields
from string import Formatter

import pytest

from matinee.ui.texts import ENGLISH, KOREAN, LANGUAGE_NAMES, LANGUAGES, Texts, language_of

KEYS = [field.name for field in fields(Texts) if field.name != "genres"]


def _placeholders(text):
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("key", KEYS)
def test_both_languages_have_the_text_with_the_same_placeholders(key):
    english, korean = getattr(ENGLISH, key), getattr(KOREAN, key)
    assert english.strip()
    assert korean.strip()
    assert _placeholders(english) == _placeholders(korean)


@pytest.mark.parametrize("key", [key for key in KEYS if key != "ndcg"])
def test_no_text_was_left_untranslated(key):
    assert getattr(ENGLISH, key) != getattr(KOREAN, key)


def test_every_language_has_a_name():
    assert LANGUAGES.keys() == LANGUAGE_NAMES.keys()


@pytest.mark.parametrize(
    ("locale", "language"), [("ko-KR", "ko"), ("ko", "ko"), ("en-US", "en"), ("kok-IN", "en"), ("", "en"), (None, "en")]
)
def test_the_browsers_locale_chooses_the_language(locale, language):
    assert language_of(locale) == language
