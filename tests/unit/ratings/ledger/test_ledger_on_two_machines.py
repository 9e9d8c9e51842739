"""Two machines with homes of their own, one bucket and one PostgreSQL: a chunk's file is written by one of them."""

import threading

from matinee.ratings.ledger import ChunkLedger
from matinee.settings import Settings


def test_two_machines_that_close_a_chunk_at_once_write_it_once(shared_database, bucket_url, tmp_path, write_ratings):
    shared = {"data": str(write_ratings([0, 1, 2, 3, 6, 7])), "bootstrap": "2d", "storage": bucket_url}
    values = {**shared, "database_url": shared_database, "_env_file": None}
    homes = [Settings(home=tmp_path / name, **values) for name in ("one", "two")]
    ChunkLedger(homes[0]).close_next("before")
    drafted: list[str] = []
    both_wait = threading.Event()

    def close(settings: Settings) -> None:
        def on_step(step: str) -> None:
            if step == "drafted":
                drafted.append(settings.home.name)
                both_wait.wait(3)  # time enough for the other one to come here too

        taken.append(ChunkLedger(settings, on_step).close_next("same run"))

    taken: list = []
    threads = [threading.Thread(target=close, args=(each,)) for each in homes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(200)
    assert len(drafted) == 1
    assert [chunk.sha256 for chunk in taken] == [taken[0].sha256] * 2
    assert all(ChunkLedger(each).ratings_of(taken[0].chunk_id).height == taken[0].n_ratings for each in homes)
