"""The scale of a home's ratings, as every request asks for it."""

import json
import threading
import time
from functools import lru_cache
from pathlib import Path

import structlog

from matinee.errors import StorageError, UsageError
from matinee.ratings.scale import FIVE_STARS, Scale
from matinee.ratings.sources.own import folder_name
from matinee.settings import Settings
from matinee.storage import Storage, home_storage
from matinee.storage.cloud import BESIDE_REQUESTS

log = structlog.get_logger()

REFRESH_S = 60.0
"""How old a scale from object storage may be; another one is looked for beside requests."""
RETRY_S = 5.0


def scale_of(settings: Settings) -> Scale:
    """The scale of this home's ratings: the declared one, else that of the source as it was prepared last.

    Raises:
        UsageError: what is declared is none.
        StorageError: it is in object storage, which does not answer, and was not read before.
    """
    if settings.rating_scale != "auto":
        return Scale.parse(settings.rating_scale)
    name = f"{folder_name(settings.data)}/source.json"
    if settings.storage:
        return _followed(settings.storage, settings.home, name).now()
    path = settings.home / name
    return _found_scale(path, path.stat().st_mtime_ns) if path.exists() else FIVE_STARS


_KNOWN: dict[Path, Scale] = {}
"""The scale that was last found in each record."""


@lru_cache(maxsize=8)
def _found_scale(path: Path, modified_ns: int) -> Scale:  # noqa: ARG001  another time, another content
    found = _scale_in(path)
    if found is not None:
        _KNOWN[path] = found
    return _KNOWN.get(path, FIVE_STARS)


def _scale_in(record: Path) -> Scale | None:
    """The scale in the record of a source; None where it has none: it is damaged or old, and is prepared again soon."""
    try:
        return Scale.parse(json.loads(record.read_text(encoding="utf-8"))["scale"])
    except (UsageError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("recorded_scale_unreadable", path=str(record), reason=repr(error))
        return None


@lru_cache(maxsize=8)
def _followed(storage: str, home: Path, name: str) -> "FollowedScale":
    settings = Settings(storage=storage, home=home, _env_file=None)  # type: ignore[call-arg]  # of pydantic-settings
    return FollowedScale(home_storage(settings, BESIDE_REQUESTS), name)


class FollowedScale:
    """The scale in a record that another machine may write; only the first call waits for the storage."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage = storage
        self._name = name
        self._lock = threading.Lock()
        self._scale: Scale | None = None
        self._failure: StorageError | None = None
        self._next = 0.0

    def now(self) -> Scale:
        """As it was read last.

        Raises:
            StorageError: it was never read, and the storage did not answer a moment ago.
        """
        with self._lock:
            if time.monotonic() >= self._next:
                self._next = time.monotonic() + REFRESH_S
                if self._scale is None:
                    self._read()
                else:
                    threading.Thread(target=self._read, daemon=True).start()
            if self._scale is not None:
                return self._scale
        raise self._failure or StorageError(f"{self._name} was not read yet.", "Try again.")

    def _read(self) -> None:
        try:
            is_there = self._storage.exists(self._name)
            found = _scale_in(self._storage.read(self._name)) if is_there else FIVE_STARS
            self._scale, self._failure = found or self._scale or FIVE_STARS, None
        except StorageError as error:
            log.warning("scale_not_read", reason=str(error))
            self._failure, self._next = error, time.monotonic() + RETRY_S
