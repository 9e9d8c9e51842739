"""The languages of the pages."""

from collections.abc import Mapping

from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.ko import KOREAN

LANGUAGES: Mapping[str, Texts] = {"en": ENGLISH, "ko": KOREAN}
"""By the code that the address of the page carries."""

LANGUAGE_NAMES: Mapping[str, str] = {"en": "English", "ko": "한국어"}


def language_of(locale: str | None) -> str:
    """Code of the language for a browser's locale: Korean for Korean ones, else English."""
    return "ko" if (locale or "").lower().split("-")[0] == "ko" else "en"
