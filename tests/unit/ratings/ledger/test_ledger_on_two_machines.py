"""Two machines with homes of their own, one bucket and one PostgreSQL: a chunk's file is written by one of them."""

import threading

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from matinee.errors import DependencyUnreachable, Replaced
from matinee.ratings.database import engine
from matinee.ratings.ledger import ChunkLedger
from matinee.settings import Settings


@pytest.fixture
def machines(shared_database, bucket_url, tmp_path, write_ratings):
    """Settings of two machines that share all but their homes; the first has closed a chunk."""
    shared = {"data": str(write_ratings([0, 1, 2, 3, 6, 7])), "bootstrap": "2d", "storage": bucket_url}
    values = {**shared, "database_url": shared_database, "_env_file": None}
    both = [Settings(home=tmp_path / name, **values) for name in ("one", "two")]
    ChunkLedger(both[0]).close_next("before")
    return both


def lose_connections(settings: Settings) -> None:
    """End all connections to the database but one's own, as a server that is restarted does."""
    other = sa.create_engine(engine(settings).url, poolclass=sa.NullPool)
    with other.connect() as connection:
        ending = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        connection.execute(ending)


@pytest.mark.parametrize("step", ["drafted", "published"])
def test_who_loses_the_lock_while_it_closes_a_chunk_leaves_what_another_one_has_closed(machines, write_ratings, step):
    one, two = machines
    closed = []

    def on_step(reached: str) -> None:
        if reached == step and not closed:
            lose_connections(one)
            write_ratings([0, 1, 2, 2.1, 3, 6, 7])  # so that each of them has another content
            closed.append(ChunkLedger(two).close_next("same run"))

    ledger = ChunkLedger(one, on_step)
    if step == "drafted":
        with pytest.raises(Replaced):
            ledger.close_next("same run")
    else:
        ledger.close_next("same run")
    assert closed[0].n_ratings == 2
    with capture_logs() as told:  # nothing has to be restored
        again = ChunkLedger(one)
        assert again.close_next("same run") == closed[0]
        assert again.ratings_of(closed[0].chunk_id).height == 2
    assert "chunk_restored" not in {each["event"] for each in told}


def test_what_was_closed_while_another_one_had_the_lock_is_what_its_file_holds(machines, write_ratings):
    """The slow one publishes, the other one begins, the slow one closes, the other one publishes over it."""
    one, two = machines
    has_begun, may_publish = threading.Event(), threading.Event()
    others = []

    def of_one(reached: str) -> None:
        if reached == "published" and not others:
            lose_connections(one)
            write_ratings([0, 1, 2, 2.1, 3, 6, 7])
            others.append(threading.Thread(target=lambda: ChunkLedger(two, of_two).close_next("same run")))
            others[0].start()
            assert has_begun.wait(60)

    def of_two(reached: str) -> None:
        if reached == "drafted":
            has_begun.set()
            assert may_publish.wait(60)

    assert ChunkLedger(one, of_one).close_next("same run").n_ratings == 1
    may_publish.set()
    others[0].join(60)
    with capture_logs() as told:
        left = ChunkLedger(one)
        taken = left.close_next("same run")
        assert (taken.n_ratings, left.ratings_of(taken.chunk_id).height) == (2, 2)
    assert "chunk_restored" not in {each["event"] for each in told}


def test_a_lock_that_is_lost_before_the_file_is_looked_at_is_one_line(machines):
    one, _ = machines
    ledger, is_lost = ChunkLedger(one), []
    revision = ledger._closing._files.revision

    def losing(chunk):
        if not is_lost:
            is_lost.append(True)
            lose_connections(one)
        return revision(chunk)

    ledger._closing._files.revision = losing
    with pytest.raises(DependencyUnreachable, match="PostgreSQL has ended the connection of a lock"):
        ledger.close_next("same run")
    assert ledger.close_next("same run").n_ratings == 1


def test_two_machines_that_close_a_chunk_at_once_write_it_once(machines):
    drafted: list[str] = []
    both_wait = threading.Event()

    def close(settings: Settings) -> None:
        def on_step(step: str) -> None:
            if step == "drafted":
                drafted.append(settings.home.name)
                both_wait.wait(3)  # time enough for the other one to come here too

        taken.append(ChunkLedger(settings, on_step).close_next("same run"))

    taken: list = []
    threads = [threading.Thread(target=close, args=(each,)) for each in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(200)
    assert len(drafted) == 1
    assert [chunk.sha256 for chunk in taken] == [taken[0].sha256] * 2
    assert all(ChunkLedger(each).ratings_of(taken[0].chunk_id).height == taken[0].n_ratings for each in machines)
