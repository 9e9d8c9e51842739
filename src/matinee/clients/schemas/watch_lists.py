"""What people want to watch."""

from datetime import datetime
from typing import Literal

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer

WatchListUse = Literal["include", "exclude", "only"]
"""What a list of recommendations does with the user's watch list: nothing, leave it out, or take it alone."""


class WatchListEntry(Answer):
    """A movie that somebody wants to watch."""

    movie_id: str
    title: str | None
    """None for a movie that the served model does not know."""
    added_at: datetime


class WatchList(Answer, json_schema_extra=shown(examples.WATCH_LIST)):
    """A user's watch list, the newest first."""

    user_id: str
    items: tuple[WatchListEntry, ...]
