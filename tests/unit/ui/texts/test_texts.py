"""Both languages say the same things."""

import re
from dataclasses import fields, is_dataclass
from string import Formatter
from typing import get_args

import pytest

from matinee.clients.schemas.runs import RunOutcome
from matinee.ratings.importing.schema import QuarantineReason
from matinee.ui.parts.fates import Fate
from matinee.ui.texts.korean import Korean
from matinee.ui.texts.words import ENGLISH, KOREAN, LANGUAGE_NAMES, LANGUAGES, language_of


def _all(texts):
    """Every text by its path, those of mappings too."""
    found = {}
    for field in fields(texts):
        value = getattr(texts, field.name)
        if is_dataclass(value):
            found |= {f"{field.name}.{path}": text for path, text in _all(value).items()}
        elif isinstance(value, dict):
            found |= {
                f"{field.name}.{key}": text for key, text in value.items() if field.name not in ("genres", "sentences")
            }
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


FOREIGN = {"Airflow", "MLflow", "API", "DAG", "NDCG", "UTF", "item", "kNN", "AB", "Star", "Wars"}
"""Names that Korean operators read in Latin letters too."""


@pytest.mark.parametrize("key", [key for key in KEYS if key != "language"])
def test_korean_texts_are_korean(key):
    words = re.sub(r"`[^`]*`|\{[^}]*\}", "", KOREAN_TEXTS[key])
    assert set(re.findall("[A-Za-z]{2,}", words)) <= FOREIGN
    assert re.search("[가-힣]", words) or key in ("operations.ended", "operations.found_user")


@pytest.mark.parametrize("key", KEYS)
def test_an_open_particle_stands_only_where_it_is_closed(key):
    has_open = re.search(r"[을이은과]\([를가는와]\)|\(으\)로", KOREAN_TEXTS[key]) is not None
    assert has_open == isinstance(KOREAN_TEXTS[key], Korean)


@pytest.mark.parametrize("texts", [ENGLISH.operations, KOREAN.operations])
def test_whatever_the_server_can_say_has_words(texts):
    assert set(QuarantineReason) == texts.quarantine.keys()
    assert set(get_args(Fate)) == texts.fates.keys()
    assert {*get_args(RunOutcome), "failed"} == texts.outcomes.keys()


def test_every_language_has_a_name():
    assert LANGUAGES.keys() == LANGUAGE_NAMES.keys()


@pytest.mark.parametrize(
    ("locale", "language"), [("ko-KR", "ko"), ("ko", "ko"), ("en-US", "en"), ("kok-IN", "en"), ("", "en"), (None, "en")]
)
def test_the_browsers_locale_chooses_the_language(locale, language):
    assert language_of(locale) == language


def test_no_language_lacks_a_text():
    assert ENGLISH_TEXTS.keys() == KOREAN_TEXTS.keys()
