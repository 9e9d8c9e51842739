"""Whether the source knows a user, asked when somebody is withdrawn."""

from datetime import datetime
from pathlib import Path

import polars as pl
import structlog

from matinee import clock
from matinee.errors import Damaged
from matinee.ratings.sources.own import folder_name
from matinee.settings import Settings
from matinee.storage import home_storage

log = structlog.get_logger()

_DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, Damaged)
"""What is raised where the table of ratings cannot be read; the second one is no `Exception`."""


def last_rated_at(settings: Settings, user_id: str) -> datetime | None:
    """When a user rated last in the source, as it was prepared last; None for somebody who is not in it.

    While it cannot be read, anybody may be in it and have rated until now, so that whoever is withdrawn stays so.

    Raises:
        StorageError: it is in object storage, which does not answer.
    """
    name, storage = f"{folder_name(settings.data)}/ratings.parquet", home_storage(settings)
    if not storage.exists(name):
        return None
    try:
        return _newest(storage.read(name), user_id)
    except _DAMAGE as error:
        log.warning("source_not_read", table=name, reason=str(error))
        return clock.now()


def _newest(ratings: Path, user_id: str) -> datetime | None:
    times = pl.scan_parquet(ratings).filter(user_id=user_id).select(pl.col("rated_at").max()).collect()
    newest: datetime | None = times.item()
    return newest
