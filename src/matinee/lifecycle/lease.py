"""One mover of production at a time, across processes and containers: a lease in the ledger's database.

A file lock knows one machine, and a lock of the database is lost with its connection. A lease is a row that says who
holds it and until when. Its holder renews it in the background for as long as it lives, however slow it is; that of a
dead process runs out. A holder that slept past its end finds out before its next step, because every step asks.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from matinee.errors import DependencyUnreachable
from matinee.lifecycle.history import who
from matinee.ratings.database import MoveLeaseRow, claiming
from matinee.ratings.instants import UtcDateTime

log = structlog.get_logger()

LASTS_S = 30.0
"""How long a dead process keeps the others waiting."""

WAIT_S = 120.0
"""How long somebody waits for the lease; a move takes seconds."""

_POLL_S = 0.2
_NAME = "production"


def _now(session: Session) -> datetime:
    """Of the server's clock, by which all machines go; a file belongs to one machine, which has one."""
    if session.get_bind().dialect.name == "postgresql":
        return session.scalars(sa.select(sa.func.clock_timestamp(type_=UtcDateTime))).one()
    return datetime.now(UTC)


class Lost(DependencyUnreachable):
    """Somebody else holds the lease; nothing more may be moved."""


class Lease:
    """The lease of one database."""

    def __init__(self, database: sa.Engine, lasts_s: float = LASTS_S, wait_s: float = WAIT_S) -> None:
        """Nothing is taken yet.

        Args:
            database: that of the ledger.
            lasts_s: seconds from a renewal to its end; the same for all who move production.
            wait_s: seconds that `held` waits.
        """
        self._database, self._lasts, self._wait_s = database, timedelta(seconds=lasts_s), wait_s

    @contextmanager
    def held(self) -> Iterator["Holder"]:
        """Hold the lease.

        Raises:
            Lost: somebody else held it all the time.
        """
        holder = Holder(self._database, self._lasts)
        until = time.monotonic() + self._wait_s
        while not holder.take():
            if time.monotonic() >= until:
                raise Lost("Production is being moved by another process.", "Try again when it has ended.")
            time.sleep(_POLL_S)
        with holder.renewed():
            yield holder


class Holder:
    """Whoever holds the lease, or is to hold it."""

    def __init__(self, database: sa.Engine, lasts: timedelta) -> None:
        self._database, self._lasts, self._id = database, lasts, uuid4().hex

    def take(self) -> bool:
        """Take the lease, or renew it; False while somebody else has it."""
        with claiming(self._database) as session:
            now = _now(session)
            row = session.get(MoveLeaseRow, _NAME)
            # One that ends far later than any that is taken now is of a clock that has been set back since; a little
            # later may be one that somebody has just renewed.
            if row is not None and row.holder != self._id and now < row.until <= now + 2 * self._lasts:
                return False
            session.merge(MoveLeaseRow(name=_NAME, holder=self._id, who=who(), until=now + self._lasts))
        return True

    def check(self) -> None:
        """Renew, before a step that must not happen twice.

        Raises:
            Lost: it ran out and somebody else has taken it.
        """
        if not self.take():
            raise Lost("This process was too slow; another one moves production.", "Try again.")

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew in the background, and give back at the end."""
        ended = threading.Event()
        thread = threading.Thread(target=self._renew, args=[ended], daemon=True, name="lease")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._give_back()

    def _renew(self, ended: threading.Event) -> None:
        while not ended.wait(self._lasts.total_seconds() / 3):
            try:
                if not self.take():
                    return  # the next check says so
            except sa.exc.DBAPIError as error:  # the next try, or the next check, tells
                log.warning("lease_not_renewed", reason=str(error.orig))

    def _give_back(self) -> None:
        table = MoveLeaseRow
        with claiming(self._database) as session:
            session.execute(sa.delete(table).where(table.name == _NAME, table.holder == self._id))
