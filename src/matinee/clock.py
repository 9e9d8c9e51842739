"""What time it is: the one place from which the present is read, so that tests and benchmarks can say another time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_sources: list[Callable[[], datetime]] = [lambda: datetime.now(UTC)]


def now() -> datetime:
    """The present, in UTC."""
    return _sources[-1]()


@contextmanager
def pretended(present: Callable[[], datetime]) -> Iterator[None]:
    """Have `now` answer what `present` answers, in this process, while the block runs."""
    _sources.append(present)
    try:
        yield
    finally:
        _sources.remove(present)
