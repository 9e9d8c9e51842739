"""Real processes: killed at each step, or claiming all at once."""

import subprocess
import sys
import textwrap

import pytest

from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.ratings.importing.schema import RATINGS
from matinee.ratings.ledger import ChunkLedger
from matinee.ratings.ledger.steps import STEPS
from matinee.ratings.sources.source import prepare
from support import as_source

pytestmark = [pytest.mark.slow, pytest.mark.either]


def python(script, settings, *arguments):
    """Starts a process that has `settings` and runs the script."""
    start = f"""
        import os, signal, sys
        from matinee.ratings.ledger.ledger import ChunkLedger
        from matinee.settings import Settings
        settings = {as_source(settings)}
    """
    code = textwrap.dedent(start) + textwrap.dedent(script)
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


def kill_at(step, run_id, settings):
    script = """
        def kill(step):
            if step == sys.argv[2]:
                os.kill(os.getpid(), signal.SIGKILL)
        ChunkLedger(settings, kill).close_next(sys.argv[1])
    """
    process = python(script, settings, run_id, step)
    process.communicate()
    assert process.returncode == -9


def assert_nothing_is_lost(settings):
    ledger = ChunkLedger(settings)
    while ledger.close_next(f"rest-{len(ledger.chunks())}"):
        pass
    everything = ledger.ratings_through(len(ledger.chunks()))
    dataset, live = (everything.filter(origin=origin) for origin in ("source", "live"))
    assert dataset.select(RATINGS.names()).equals(prepare(settings).ratings())
    assert sorted(live["user_id"]) == ["after", "before"]
    assert [path.name for path in (settings.home / "ratings").iterdir() if "draft" in path.name] == []


@pytest.mark.parametrize("successor", ["the same run", "another run"])
@pytest.mark.parametrize("step", STEPS)
def test_after_a_kill_at_any_step_the_next_run_continues(own_settings, step, successor):
    store = FeedbackStore(own_settings)
    store.add([NewRating("before", "m", 3)])
    kill_at(step, "killed", own_settings)
    claimed = len(ChunkLedger(own_settings).chunks())
    assert claimed == (0 if step in {"prepared", "claiming"} else 1)
    store.add([NewRating("after", "m", 3)])
    ledger = ChunkLedger(own_settings)
    if successor == "the same run":
        assert ledger.close_next("killed").chunk_id == 1
    else:
        assert ledger.close_next("other").chunk_id == claimed + 1
        assert ledger.close_next("killed").chunk_id == (1 if claimed else 2)
    assert {chunk.state for chunk in ledger.chunks()} == {"closed"}
    assert_nothing_is_lost(own_settings)


def test_processes_that_claim_at_once_get_a_chunk_each_and_the_same_run_the_same(own_settings):
    store = FeedbackStore(own_settings)
    store.add([NewRating("before", "m", 3), NewRating("after", "m", 3)])
    run_ids = ["a", "b", "c", "a", "b", "c"]
    script = "print(ChunkLedger(settings).close_next(sys.argv[1]).chunk_id)"
    started = [python(script, own_settings, run_id) for run_id in run_ids]
    chunk_ids = [int(process.communicate()[0].splitlines()[-1]) for process in started]
    assert chunk_ids[:3] == chunk_ids[3:]
    assert sorted(chunk_ids[:3]) == [1, 2, 3]
    assert_nothing_is_lost(own_settings)
