"""What may be the name of a file or folder in storage."""

from pathlib import PurePosixPath

from matinee.errors import UsageError


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a name.

    Raises:
        UsageError: it is absolute, empty, or one of its parts begins with a dot.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or any(part.startswith(".") for part in parts):
        raise UsageError(f"{name!r} is not the name of a file in storage.", "Give a relative name without dots.")
    return parts
