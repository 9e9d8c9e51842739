"""Text in Markdown, which is what Streamlit writes."""

import re

_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")


def escaped(text: str) -> str:
    """The same text for Markdown, where no character of it means anything: "M*A*S*H" stays as it is."""
    return _MARKDOWN.sub(r"\\\1", text)
