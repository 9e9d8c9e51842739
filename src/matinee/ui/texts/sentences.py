"""Sentences of the server that people read on the pages."""

import re
from collections.abc import Mapping


def translated(sentence: str, sentences: Mapping[str, str]) -> str:
    """A sentence in the reader's language, or as the server wrote it where there is no translation.

    Args:
        sentence: what the server wrote.
        sentences: by pattern of a whole sentence, its translation, with the pattern's groups as `{0}`, `{1}` …
    """
    for pattern, template in sentences.items():
        if found := re.fullmatch(pattern, sentence):
            return template.format(*found.groups())
    return sentence
