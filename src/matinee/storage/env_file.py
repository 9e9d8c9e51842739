"""Writes settings into `.env` and keeps everything else that stands there."""

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from matinee.storage.folder import disk_errors

_OWNERS_ALONE = 0o600
_PLAIN = re.compile(r"[\w./:=,@%+-]*")


def write_settings(path: Path, values: Mapping[str, str]) -> None:
    """Set variables in a file of settings, all at once or none.

    A variable keeps its line, in its first place if it has several; new ones follow at the end. Comments, order, other
    variables and the file's permissions stay.

    Raises:
        StorageError: the file cannot be written.
    """
    target = path.resolve()
    before = target.read_text(encoding="utf-8") if target.exists() else ""
    mode = target.stat().st_mode & 0o777 if target.exists() else _OWNERS_ALONE
    draft = target.with_name(f"{target.name}.draft")
    with disk_errors(draft):
        try:
            with draft.open("w", encoding="utf-8") as file:
                draft.chmod(mode)
                file.write(_with(before, values))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)


def _with(before: str, values: Mapping[str, str]) -> str:
    waiting, kept = dict(values), []
    for binding in parse_stream(io.StringIO(before)):
        text = binding.original.string
        if binding.key not in values:
            kept.append(text)
        else:
            kept.append(text[: len(text) - len(text.lstrip())])
            kept.append(_line(binding.key, waiting.pop(binding.key)) if binding.key in waiting else "")
    whole = "".join(kept)
    if whole and not whole.endswith("\n") and waiting:
        whole += "\n"
    return whole + "".join(_line(name, value) for name, value in waiting.items())


def _line(name: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f"{name}={value}\n"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{escaped}'\n"
