"""A second model beside the served one, so that the same question can be asked of two versions."""

import asyncio

from matinee.errors import NotFound
from matinee.serving.model.served import ServedModel
from matinee.serving.model.slot import ModelSlot
from matinee.serving.model.store import Shelf
from matinee.serving.workers.background import aside


class Beside:
    """Versions that are on the shelf; besides the served one, one at a time is mapped."""

    def __init__(self, slot: ModelSlot, shelf: Shelf) -> None:
        self._slot = slot
        self._shelf = shelf
        self._lock = asyncio.Lock()
        self._extra: ServedModel | None = None

    async def there(self) -> list[str]:
        """Versions that can be asked."""
        return await asyncio.to_thread(self._shelf.versions)

    async def model(self, version: str) -> ServedModel:
        """A version, mapped and verified when it is asked for first.

        Raises:
            NotFound: it is not on the shelf (any more).
            BadData: it is damaged.
        """
        if (served := self._slot.current).version == version:
            return served
        async with self._lock:
            there = await self.there()
            if version not in there:
                raise NotFound(
                    f"Version {version!r} is not on this server's disk.",
                    f"Versions that are: {', '.join(there) or 'none'}.",
                )
            record = await asyncio.to_thread(self._shelf.record, version)
            if self._extra is None or not self._extra.registered or not self._extra.registered.is_same_as(record):
                # Given up first: never are two mapped beside the one that serves.
                self._extra = None
                self._extra = await aside(lambda: self._shelf.load(version))
            return self._extra
