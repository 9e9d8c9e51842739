"""In which encoding a text is, and how sure that is."""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass

from matinee.errors import INSTALL, MatineeError

UTF8 = "utf-8"
_MARKS = {
    codecs.BOM_UTF8: UTF8,
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte order marks, the longer ones before those that they begin with."""

_CYRILLIC = ["cp1251", "koi8_r", "cp866", "iso8859_5"]
_OLDER = ["cp949", "cp1252", "latin_1", "cp932", "gb18030", "big5", *_CYRILLIC]
"""What is tried for text that is not UTF-8, in that order where two fit equally well."""

_SAMPLE_BYTES = 1 << 18
_MOSTLY = 0.5
_OFTEN_ZERO = 0.3


@dataclass(frozen=True)
class Encoding:
    """An encoding by Python's name, and how sure it is, 0 to 1."""

    name: str
    confidence: float = 1.0

    @property
    def is_wide(self) -> bool:
        """Whether a line end takes more than one byte."""
        return self.name.startswith(("utf-16", "utf-32"))


def byte_order_mark(first: bytes) -> tuple[bytes, Encoding] | None:
    """The mark at the beginning of a text, and the encoding that it stands for; None where there is none."""
    return next(((mark, Encoding(name)) for mark, name in _MARKS.items() if first.startswith(mark)), None)


def wide_encoding(first: bytes) -> Encoding | None:
    """UTF-16 or UTF-32 with a mark, or UTF-16 without: most texts have a zero in every second byte then."""
    marked = byte_order_mark(first)
    if marked is not None:
        return marked[1] if marked[1].is_wide else None
    pairs = max(len(first) // 2, 1)
    for name, zeros, others in (
        ("utf-16-le", first[1::2].count(0), first[::2].count(0)),
        ("utf-16-be", first[::2].count(0), first[1::2].count(0)),
    ):
        if zeros / pairs >= _OFTEN_ZERO and not others:
            return Encoding(name, zeros / pairs)
    return None


def detect(blocks: Iterable[bytes]) -> Encoding:
    """The encoding of a text whose line ends take one byte, from its lines that are not ASCII.

    UTF-8 when at least half of these are; its confidence is their share. Otherwise what charset-normalizer finds.
    """
    lines = _not_ascii(blocks)
    if not lines:
        return Encoding(UTF8)
    share = sum(decodes(line, UTF8) for line in lines) / len(lines)
    return Encoding(UTF8, share) if share >= _MOSTLY else _found(b"\n".join(lines))


def decodes(text: bytes, encoding: str) -> bool:
    """Whether the encoding can mean these bytes."""
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _not_ascii(blocks: Iterable[bytes]) -> list[bytes]:
    lines, n_bytes = [], 0
    for block in blocks:
        for line in () if block.isascii() else block.splitlines():
            if not line.isascii():
                lines.append(line)
                n_bytes += len(line)
            if n_bytes >= _SAMPLE_BYTES:
                return lines
    return lines


def _found(sample: bytes) -> Encoding:
    try:
        from charset_normalizer import from_bytes  # noqa: PLC0415  slow to import, and hardly ever needed
    except ImportError as error:
        raise MatineeError("charset-normalizer is not installed.", INSTALL) from error
    matches = list(from_bytes(sample[:_SAMPLE_BYTES], cp_isolation=_OLDER))
    if not matches:
        return Encoding("latin-1", 0.0)
    best = min(matches, key=lambda match: (round(match.chaos, 2), _OLDER.index(match.encoding)))
    return Encoding(best.encoding, 1 - best.chaos)
