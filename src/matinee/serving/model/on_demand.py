"""Other versions than the served one, loaded when somebody asks for them, so that two versions can be compared."""

import asyncio

from matinee.errors import NotFound
from matinee.serving.model.served import ServedModel
from matinee.serving.model.slot import ModelSlot
from matinee.serving.model.store import ModelStore
from matinee.serving.workers.background import run_in_background


class OnDemandVersions:
    """The versions in the model store; besides the served one, one at a time is mapped."""

    def __init__(self, slot: ModelSlot, store: ModelStore) -> None:
        self._slot = slot
        self._store = store
        self._lock = asyncio.Lock()
        self._extra: ServedModel | None = None

    async def available(self) -> list[str]:
        """Versions that can be loaded."""
        return await asyncio.to_thread(self._store.versions)

    async def model(self, version: str) -> ServedModel:
        """A version, mapped and verified when it is first asked for.

        Raises:
            NotFound: it is not in the store (any more).
            BadData: it is damaged.
        """
        if (served := self._slot.current).version == version:
            return served
        async with self._lock:
            available = await self.available()
            if version not in available:
                raise NotFound(
                    f"Version {version!r} is not on this server's disk.",
                    f"Versions that are: {', '.join(available) or 'none'}.",
                )
            registered = await asyncio.to_thread(self._store.registered, version)
            if self._extra is None or not self._extra.registered or not self._extra.registered.is_same_as(registered):
                # Dropped first, so that never more than one is mapped beside the served model.
                self._extra = None
                self._extra = await run_in_background(lambda: self._store.load(version))
            return self._extra
