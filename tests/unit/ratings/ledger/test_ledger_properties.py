"""Whatever runs do, in whatever order: no rating is skipped, none is doubled, and what is closed stays as it is."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.ratings.importing.schema import RATINGS
from matinee.ratings.ledger import ChunkLedger
from matinee.ratings.ledger.steps import STEPS
from matinee.ratings.sources.source import prepare

START = datetime(2020, 1, 1, tzinfo=UTC)
times = st.lists(st.floats(0, 40, allow_nan=False), min_size=1, max_size=12)


class LedgerMachine(RuleBasedStateMachine):
    """Runs that come, come again, die and are followed by others, while people rate and settings change."""

    @initialize(days=times, bootstrap=st.sampled_from(["auto", "1d", "9d"]))
    def start(self, days, bootstrap):
        home = self.folders.mktemp("home")
        data = home / "own.csv"
        rows = [f"u{i % 3},m{i},4,{(START + timedelta(days=day)).timestamp()}" for i, day in enumerate(days)]
        data.write_text("\n".join(["user_id,movie_id,rating,rated_at", *rows]))
        self.settings = self.make_settings(home=home, data=str(data), bootstrap=bootstrap)
        self.chunk_of_run = {}
        self.bytes_of_chunk = {}
        self.n_live = 0

    @rule(length=st.sampled_from(["1d", "7d", "30d"]))
    def change_the_chunk_length(self, length):
        self.settings = self.settings.model_copy(update={"chunk": length})

    @rule(n_ratings=st.integers(1, 3))
    def rate(self, n_ratings):
        FeedbackStore(self.settings).add([NewRating("live", f"m{self.n_live + i}", 3) for i in range(n_ratings)])
        self.n_live += n_ratings

    @rule(run=st.integers(0, 9))
    def run(self, run):
        chunk = ChunkLedger(self.settings).close_next(f"run-{run}")
        if chunk is not None:
            assert self.chunk_of_run.setdefault(run, chunk.chunk_id) == chunk.chunk_id

    @rule(run=st.integers(0, 9), step=st.sampled_from(STEPS))
    def run_that_dies(self, run, step):
        def die(at):
            if at == step:
                raise KeyboardInterrupt

        try:
            ChunkLedger(self.settings, die).close_next(f"run-{run}")
        except KeyboardInterrupt:
            return

    @rule()
    def finish_and_compare_with_the_source(self):
        ledger = ChunkLedger(self.settings)
        while ledger.close_next(f"finish-{len(ledger.chunks())}"):
            pass
        everything = ledger.ratings_through(len(ledger.chunks()))
        dataset, live = (everything.filter(origin=origin).select(RATINGS.names()) for origin in ("source", "live"))
        assert dataset.equals(prepare(self.settings).ratings())
        assert sorted(live["movie_id"]) == sorted(f"m{i}" for i in range(self.n_live))

    @invariant()
    def the_ledger_is_sound(self):
        chunks = ChunkLedger(self.settings).chunks()
        assert [chunk.chunk_id for chunk in chunks] == list(range(1, len(chunks) + 1))
        assert len({chunk.run_id for chunk in chunks}) == len(chunks), "a replay takes one chunk a run"
        assert all(one.ends_at == other.starts_at for one, other in pairwise(chunks))
        states = [chunk.state for chunk in chunks]
        assert states == sorted(states, reverse=True), "a chunk was closed before an earlier one"
        for chunk in chunks:
            if chunk.state == "closed":
                assert chunk.n_ratings > 0
                content = (self.settings.home / chunk.path).read_bytes()
                assert self.bytes_of_chunk.setdefault(chunk.chunk_id, content) == content


STATEFUL = settings(
    max_examples=10,
    stateful_step_count=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example is short, and shrinking it takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.slow
def test_the_ledger_is_sound_whatever_happens(tmp_path_factory, make_settings):
    LedgerMachine.folders, LedgerMachine.make_settings = tmp_path_factory, staticmethod(make_settings)
    run_state_machine_as_test(LedgerMachine, settings=STATEFUL)
