"""MovieLens titles as people read them; for display only."""

import re

_YEAR = re.compile(r"(?<=\S)\s*\(\d{4}\)\s*$")
_ARTICLE = re.compile(
    r"^(?P<rest>.+), (?P<article>The|An?|L[ae]s?|L'|El|Los|Il|Un|Une|Una|D[aeio]s?|Der|Den|Det|Ein|Eine|O|Os|As)$"
)
_PARENTHESES = re.compile(r"\(([^()]*)\)")


def display_title(title: str) -> str:
    """The title without its year and with its article in front: "Godfather, The (1972)" is "The Godfather".

    Original titles that follow in parentheses are treated alike.
    """
    main, bracket, others = _YEAR.sub("", title).strip().partition(" (")
    others = _PARENTHESES.sub(lambda part: f"({_article_first(part.group(1))})", f"({others}" if bracket else "")
    return f"{_article_first(main)} {others}".strip()


def _article_first(name: str) -> str:
    found = _ARTICLE.match(name)
    if found is None:
        return name
    article, rest = found["article"], found["rest"]
    return f"{article}{rest}" if article.endswith("'") else f"{article} {rest}"
