"""The lease under which production is moved, on the ledger's database."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from matinee.lifecycle import lease
from matinee.lifecycle.lease import Holder, Lease, Lost
from matinee.ratings.database import engine
from matinee.settings import Settings


@pytest.fixture
def database(tmp_path, make_settings):
    return engine(make_settings(home=tmp_path))


def test_one_mover_at_a_time(database):
    with Lease(database).held(), pytest.raises(Lost), Lease(database, wait_s=0).held():
        pytest.fail("two hold it")
    with Lease(database, wait_s=0).held():
        pass


def test_a_lease_is_given_back_when_its_holder_fails(database):
    with pytest.raises(ValueError, match="broken"), Lease(database).held():
        raise ValueError("broken")
    with Lease(database, wait_s=0).held():
        pass


@pytest.mark.slow
def test_a_slow_holder_keeps_its_lease_by_renewing_it(database):
    with Lease(database, lasts_s=1.5).held() as slow:  # long enough for a busy machine
        time.sleep(3)
        with pytest.raises(Lost), Lease(database, wait_s=0).held():
            pytest.fail("two hold it")
        slow.check()


def test_a_dead_holder_loses_its_lease(database):
    dead = Lease(database, lasts_s=1).held()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matinee.lifecycle.lease.Holder._renew", lambda *_: None)  # as a killed process
        holder = dead.__enter__()
    began = time.monotonic()
    with Lease(database, lasts_s=1, wait_s=5).held():
        assert time.monotonic() - began < 3
        with pytest.raises(Lost):  # if it was only asleep, it finds out before its next step
            holder.check()
    dead.__exit__(None, None, None)


def test_a_dead_holder_loses_its_lease_when_the_clock_is_set_back(database, monkeypatch):
    with monkeypatch.context() as ahead:
        ahead.setattr(lease, "_now", lambda _: datetime.now(UTC) + timedelta(days=1))
        dead = Holder(database, timedelta(seconds=lease.LASTS_S))
        assert dead.take()
    with Lease(database, wait_s=0).held(), pytest.raises(Lost):
        dead.check()


def test_a_clock_that_is_set_back_by_seconds_takes_the_lease_from_nobody(database, monkeypatch):
    with Lease(database).held(), monkeypatch.context() as behind:
        behind.setattr(lease, "_now", lambda _: datetime.now(UTC) - timedelta(seconds=5))
        with pytest.raises(Lost), Lease(database, wait_s=0).held():
            pytest.fail("two hold it")


def test_whoever_waits_goes_on_when_the_other_has_ended(database):
    order = []

    def second():
        with Lease(database, wait_s=10).held():
            order.append("second")

    with Lease(database).held():
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.5)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_a_machine_whose_clock_is_ahead_does_not_take_the_lease_of_another(shared_database, monkeypatch):
    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=1)

    database = engine(Settings(database_url=shared_database, _env_file=None))
    with Lease(database).held() as holder:
        monkeypatch.setattr(lease, "datetime", Ahead)
        with pytest.raises(Lost), Lease(database, wait_s=0).held():
            pytest.fail("two hold it")
        holder.check()
