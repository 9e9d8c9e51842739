"""Both languages say the same things."""

import ast
import re
from dataclasses import fields, is_dataclass
from importlib.util import find_spec
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from matinee.clients.schemas.runs import RunOutcome
from matinee.ratings.importing.schema import QuarantineReason
from matinee.ui.parts.version_status import VersionStatus
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.ko import KOREAN
from matinee.ui.texts.languages import LANGUAGE_NAMES, LANGUAGES, language_of
from matinee.ui.texts.particles import KoreanText


def _all(texts):
    """Every text by its path, those of mappings too."""
    found = {}
    for field in fields(texts):
        value = getattr(texts, field.name)
        if is_dataclass(value):
            found |= {f"{field.name}.{path}": text for path, text in _all(value).items()}
        elif isinstance(value, dict):
            found |= {f"{field.name}.{key}": text for key, text in value.items() if field.name != "sentences"}
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


@pytest.mark.parametrize("key", [key for key in KEYS if key != "runs.ended"])
def test_no_text_was_left_untranslated(key):
    assert ENGLISH_TEXTS[key] != KOREAN_TEXTS[key]


FOREIGN = {"Airflow", "MLflow", "API", "DAG", "NDCG", "UTF", "item", "kNN", "Star", "Wars", "SF", "PNG", "Vega", "Lite"}
FOREIGN |= {"Letterboxd", "IMDb", "Trakt", "Netflix"}
"""Names that Korean operators read in Latin letters too."""


@pytest.mark.parametrize("key", [key for key in KEYS if key != "common.language"])
def test_korean_texts_are_korean(key):
    words = re.sub(r"`[^`]*`|\{[^}]*\}", "", KOREAN_TEXTS[key])
    assert set(re.findall("[A-Za-z]{2,}", words)) <= FOREIGN
    assert re.search("[가-힣]", words) or key in ("runs.ended", "common.genres.Sci-Fi")


@pytest.mark.parametrize("key", KEYS)
def test_an_open_particle_stands_only_where_it_is_closed(key):
    has_open = re.search(r"[을이은과]\([를가는와]\)|\(으\)로", KOREAN_TEXTS[key]) is not None
    assert has_open == isinstance(KOREAN_TEXTS[key], KoreanText)


@pytest.mark.parametrize("texts", [ENGLISH, KOREAN])
def test_whatever_the_server_can_say_has_words(texts):
    assert set(QuarantineReason) == texts.operations.quarantine.keys()
    assert set(get_args(VersionStatus)) == texts.operations.statuses.keys()
    assert {*get_args(RunOutcome), "failed"} == texts.runs.outcomes.keys()


def test_every_language_has_a_name():
    assert LANGUAGES.keys() == LANGUAGE_NAMES.keys()


@pytest.mark.parametrize(
    ("locale", "language"), [("ko-KR", "ko"), ("ko", "ko"), ("en-US", "en"), ("kok-IN", "en"), ("", "en"), (None, "en")]
)
def test_the_browsers_locale_chooses_the_language(locale, language):
    assert language_of(locale) == language


@pytest.mark.parametrize(
    "page", [field.name for field in fields(Texts) if field.name not in ("sentences", "without_stars")]
)
def test_both_languages_write_the_texts_in_the_order_in_which_they_are_declared(page):
    declared = [field.name for field in fields(getattr(ENGLISH, page))]
    assert _written("en", page) == _written("ko", page) == declared


def _written(language, page):
    """Names of a page's texts, in the order in which the module of a language gives them."""
    tree = ast.parse(Path(find_spec(f"matinee.ui.texts.{language}.{page}").origin).read_text())
    return [keyword.arg for keyword in tree.body[-1].value.keywords]


def test_no_language_lacks_a_text_or_has_its_mappings_in_another_order():
    assert list(ENGLISH_TEXTS) == list(KOREAN_TEXTS)
