"""What is asked once in a turn of the event loop, for all requests that are handled in it."""

import asyncio


class Turn:
    """Tells the first asker of a turn of the event loop from the others.

    Every request of a turn had come when the turn began. So what the first of them learned of the world then, such as
    whether a database has changed, holds for all: whatever was acknowledged before one of them was sent is in it.
    """

    def __init__(self) -> None:
        self._has_begun = False

    def begins(self) -> bool:
        """Whether nobody has asked in this turn."""
        if self._has_begun:
            return False
        self._has_begun = True
        asyncio.get_running_loop().call_soon(self._end)
        return True

    def _end(self) -> None:
        self._has_begun = False
