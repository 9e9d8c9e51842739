"""Both languages say the same things."""

from dataclasses import fields, is_dataclass
from string import Formatter

import pytest

from matinee.ui.texts import ENGLISH, KOREAN, LANGUAGE_NAMES, LANGUAGES, language_of


def _all(texts):
    """Every text by its path, those of mappings too."""
    found = {}
    for field in fields(texts):
        value = getattr(texts, field.name)
        if is_dataclass(value):
            found |= {f"{field.name}.{path}": text for path, text in _all(value).items()}
        elif isinstance(value, dict):
            found |= {f"{field.name}.{key}": text for key, text in value.items() if field.name != "genres"}
        else:
            found[field.name] = value
    return found


ENGLISH_TEXTS, KOREAN_TEXTS = _all(ENGLISH), _all(KOREAN)
KEYS = sorted(ENGLISH_TEXTS)


def _placeholders(text):
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("key", KEYS)
def test_both_languages_have_the_text_with_the_same_placeholders(key):
    english, korean = ENGLISH_TEXTS[key], KOREAN_TEXTS[key]
    assert english.strip()
    assert korean.strip()
    assert _placeholders(english) == _placeholders(korean)


@pytest.mark.parametrize("key", [key for key in KEYS if key != "operations.ended"])
def test_no_text_was_left_untranslated(key):
    assert ENGLISH_TEXTS[key] != KOREAN_TEXTS[key]


def test_every_language_has_a_name():
    assert LANGUAGES.keys() == LANGUAGE_NAMES.keys()


@pytest.mark.parametrize(
    ("locale", "language"), [("ko-KR", "ko"), ("ko", "ko"), ("en-US", "en"), ("kok-IN", "en"), ("", "en"), (None, "en")]
)
def test_the_browsers_locale_chooses_the_language(locale, language):
    assert language_of(locale) == language


def test_no_language_lacks_a_text():
    assert ENGLISH_TEXTS.keys() == KOREAN_TEXTS.keys()
