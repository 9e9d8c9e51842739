"""Every order in which promotions, rollbacks, resumes and retried tasks can come, on a registry in memory.

Candidates are evaluated at one moment and carried out at another; whatever comes between must not be undone by them.
"""

import itertools
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from matinee.drift.records import StatisticsStore
from matinee.errors import NotFound, Refused
from matinee.lifecycle.comparisons import Comparisons
from matinee.lifecycle.custody import Custody
from matinee.lifecycle.history import BY_ITSELF, ERASED, History, rolled_back_versions
from matinee.lifecycle.lease import Lease
from matinee.lifecycle.production import Production, Stale
from matinee.lifecycle.registry import ModelVersion, TrainingRun
from matinee.ratings.database import ChunkRow, engine
from matinee.settings import Settings
from matinee.stages import damage, promote

NAMES = ("promote 5", "promote 6", "by hand", "roll back", "resume")


class FakeRegistry:
    """Runs and versions without MLflow: run `r5` is of chunk 5 and becomes version `5`."""

    def __init__(self) -> None:
        self.alias: str | None = None
        self.runs: dict[str, TrainingRun] = {}
        self.registered: dict[str, ModelVersion] = {}

    def train(self, chunk_id: int) -> None:
        self.runs[f"r{chunk_id}"] = TrainingRun(f"r{chunk_id}", chunk_id, "als", {}, "", "", "", {}, None, "", None)

    def training_run(self, run_id: str) -> TrainingRun:
        return self.runs[run_id]

    def register(self, run: TrainingRun) -> str:
        version = str(run.chunk_id)
        known = self.registered.get(version)
        stage = known.stage if known else ""
        now = datetime.now(UTC)
        verdict = run.verdict or ""
        self.registered[version] = ModelVersion(version, run.run_id, stage, run.chunk_id, "", verdict, run.reason, now)
        return version

    def version(self, version: str) -> ModelVersion:
        return self.registered[version]

    def versions(self) -> list[ModelVersion]:
        return list(self.registered.values())

    def production(self) -> ModelVersion | None:
        return self.registered[self.alias] if self.alias else None

    def log_metrics(self, run: TrainingRun, metrics: dict[str, float]) -> None:
        known = self.runs[run.run_id]
        self.runs[run.run_id] = replace(known, metrics=known.metrics | metrics)

    def has_files(self, _: ModelVersion) -> bool:
        return True

    def move_production(self, version: str) -> None:
        self.alias = version
        self.repair()

    def reject(self, version: str, reason: str) -> None:
        self.registered[version] = replace(self.registered[version], stage="rejected", reason=reason)

    def repair(self, *, everything: bool = False) -> None:  # noqa: ARG002  this one always looks at all
        for each in self.registered.values():
            if (each.stage and each.stage != "rejected") or each.version == self.alias:
                stage = "production" if each.version == self.alias else "archived"
                self.registered[each.version] = replace(each, stage=stage)


@dataclass
class Home:
    """Chunks 1 to 4 served one after another; 5 and 6 are evaluated against 4 and wait."""

    settings: Settings
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    evaluated: list[tuple[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.history = History(self.settings)
        for chunk_id in range(1, 7):
            self.registry.train(chunk_id)
        for chunk_id in range(1, 5):
            self.evaluate_again(None, self.registry.runs[f"r{chunk_id}"])
            promote.promote_model(self.stores, f"r{chunk_id}")
            self.history.record("deployed", str(chunk_id), None, "in production")
        for chunk_id in (5, 6):
            self.evaluate_again(None, self.registry.runs[f"r{chunk_id}"])
        self.evaluated.clear()

    @property
    def stores(self) -> SimpleNamespace:
        lease = Lease(engine(self.settings), wait_s=5)
        production = Production(self.registry, self.history, lease, Custody(self.registry, self.history))
        production._verify = lambda _: None
        nobody_was_erased = SimpleNamespace(newest_erasure=lambda: 0)
        return SimpleNamespace(
            production=production,
            settings=self.settings,
            registry=self.registry,
            history=self.history,
            comparisons=Comparisons(self.settings),
            statistics=StatisticsStore(self.settings),
            feedback=nobody_was_erased,
        )

    def evaluate_again(self, _: object, run: TrainingRun) -> TrainingRun:
        """A verdict: sound, unless production is held, which only evidence could end."""
        current = self.registry.production()
        held = current is not None and self.history.is_held(current.version)
        verdict = "reject" if held else "promote"
        decided = replace(run, verdict=verdict, reason=verdict, compared_with=current.version if current else None)
        self.registry.runs[run.run_id] = decided
        self.evaluated.append((run.run_id, decided.compared_with))
        return decided

    def do(self, name: str) -> None:
        before = self.registry.alias
        if name == "by hand":
            promote.promote_by_hand(self.stores, "3", "why")
        elif name == "roll back":
            self.stores.production.roll_back(None, "why")
        elif name == "resume":
            try:
                self.stores.production.resume("why")
            except Refused:
                assert self.registry.alias == before
        else:
            promote.promote_model(self.stores, f"r{name[-1]}")
            self.check_promotion(int(name[-1]), before)

    def check_promotion(self, chunk_id: int, before: str | None) -> None:
        moved = self.registry.alias != before
        if moved:
            assert self.registry.alias == str(chunk_id)
            assert chunk_id > self.registry.registered[before].chunk_id, "an older chunk took over"
            assert self.registry.runs[f"r{chunk_id}"].compared_with == before, "a stale verdict was carried out"

    def check(self) -> None:
        """History, alias and tags tell one story."""
        assert self.history.in_production() == self.registry.alias
        assert self.history.unfinished() is None
        stages = [each.version for each in self.registry.versions() if each.stage == "production"]
        assert stages == [self.registry.alias]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A database with its tables, to be copied: making them takes longer than all moves."""
    settings = Settings(home=tmp_path_factory.mktemp("empty"), _env_file=None)
    engine(settings).dispose()
    return settings.home / "matinee.db"


@pytest.fixture
def home(tmp_path, monkeypatch, database):
    made = []
    shutil.copy(database, tmp_path)

    def evaluate_again(stores, run):
        return made[0].evaluate_again(stores, run)

    monkeypatch.setattr(promote, "evaluate_again", evaluate_again)
    made.append(object.__new__(Home))
    made[0].__init__(Settings(home=tmp_path, _env_file=None))
    return made[0]


def orders(*lengths):
    return [order for length in lengths for order in itertools.permutations(NAMES, length)]


ORDERS = [*orders(1, 2), *(pytest.param(order, marks=pytest.mark.slow) for order in orders(3))]


@pytest.mark.parametrize("order", ORDERS, ids=" then ".join)
def test_whatever_the_order_history_alias_and_tags_agree(home, order):
    for name in order:
        home.do(name)
        home.check()
    for name in order:  # every task is cleared and runs again
        if name.startswith("promote"):
            before = home.registry.alias
            home.do(name)
            assert home.registry.alias == before, "a task that was run again moved production"
            home.check()


def test_a_run_evaluated_before_a_rollback_does_not_undo_it(home):
    home.do("roll back")
    assert home.registry.alias == "3"
    home.do("promote 5")
    assert home.registry.alias == "3"
    assert home.evaluated == [("r5", "3")]


def test_an_old_promote_that_never_registered_moves_nothing_back(home):
    home.do("promote 6")
    home.do("promote 5")
    assert home.registry.alias == "6"
    assert "older than chunk 6" in home.registry.version("5").reason


def test_a_verdict_about_another_version_is_not_carried_out(home):
    with pytest.raises(Stale):
        home.stores.production.promote("4", "why", instead_of="2")
    assert home.registry.alias == "4"


def test_an_alias_that_was_moved_in_mlflow_is_a_promotion_by_hand(home, monkeypatch):
    monkeypatch.setattr(Custody, "_loads", lambda *_: True)
    home.registry.move_production("2")
    home.stores.production.recover()
    home.check()
    last = home.history.events()[-1]
    assert (last.what, last.version, last.previous_version) == ("promoted", "2", "4")


def test_an_alias_that_is_gone_is_put_back_to_what_served(home, monkeypatch):
    monkeypatch.setattr(Custody, "_loads", lambda *_: True)
    home.registry.alias = None
    home.stores.production.recover()
    assert home.registry.alias == "4"
    assert "Restored" in home.history.events()[-1].reason


def test_a_rejected_version_of_a_new_registered_model_does_not_serve_for_one_of_its_number(home, monkeypatch):
    monkeypatch.setattr(Custody, "_loads", lambda *_: True)
    home.registry.alias = None
    home.registry.reject("4", "It is worse.")
    home.stores.production.recover()
    assert home.registry.alias == "3"


def test_a_version_that_knows_who_was_erased_is_never_gone_back_to(home):
    production = home.stores.production
    production.replace(home.registry.register(home.registry.runs["r5"]), ERASED, instead_of="4")
    home.history.record("deployed", "5", "4", "asked for")
    assert rolled_back_versions(home.history.events()) == set()
    assert damage._before(home.stores, home.registry.runs["r6"], home.registry.production()).version == "3"
    assert production.roll_back(None, "why") == "3"


@pytest.mark.parametrize(("reason", "is_held"), [("A person says so.", True), (f"{BY_ITSELF}It is worse.", False)])
def test_a_hold_passes_on_to_what_production_is_restored_to(home, monkeypatch, reason, is_held):
    monkeypatch.setattr(Custody, "_loads", lambda *_: True)
    home.stores.production.roll_back(None, reason)
    home.history.record("deployed", "3", "4", "asked for")
    for _ in range(2):
        home.registry.alias = None
        home.stores.production.recover()
        home.check()
        assert home.registry.alias == "3"
        assert home.history.is_held("3") == is_held
    assert home.history.last_served_before("3") == "2"


PAIR = "version 4 against version 3 before it"


@pytest.fixture
def damaged(home, monkeypatch):
    """A home whose version 4 gave the people of chunk 5 far worse lists than version 3; what was deployed is noted."""
    now, database = datetime.now(UTC), engine(home.settings)
    text = {"source": "x", "mode": "replay", "state": "closed", "path": "", "starts_at": now, "ends_at": now}
    with Session(database) as session:
        for number in range(1, 7):
            counts = dict.fromkeys(("n_ratings", "n_live", "n_late"), 0)
            run = {"run_id": f"c{number}", "claimed_by": f"c{number}", "claimed_at": now}
            session.add(ChunkRow(chunk_id=number, **text, **counts, **run))
        session.commit()
    home.stores.comparisons.keep(PAIR, 5, now, {f"u{number}": (0.1, 0.9) for number in range(60)})
    home.deployed = []

    def deploy(_: object, version: str) -> None:
        home.deployed.append(version)
        home.history.record("deployed", version, None, "asked for")

    monkeypatch.setattr(damage, "deploy_model", deploy)
    return home


def test_a_version_that_has_proved_worse_is_rolled_back_by_itself_and_its_chunk_left_out(damaged):
    promote.promote_model(damaged.stores, "r5")
    damaged.check()
    assert (damaged.registry.alias, damaged.deployed) == ("3", ["3"])
    decisions = damaged.stores.statistics.decisions()
    assert {chunk_id: (each.decision, each.who) for chunk_id, each in decisions.items()} == {4: ("left_out", "matinee")}
    assert damaged.registry.version("5").stage == "rejected"
    assert [damaged.registry.runs[run].metrics["sound"] for run in ("r4", "r5")] == [0.0, 0.0]
    promote.promote_model(damaged.stores, "r5")  # the task is cleared and runs again
    assert (damaged.registry.alias, damaged.deployed) == ("3", ["3"])


def test_no_more_is_left_out_than_what_was_learned_since_whatever_the_version_before_says(damaged):
    damaged.registry.registered["3"] = replace(damaged.registry.version("3"), chunk_id=1)
    promote.promote_model(damaged.stores, "r5")
    assert damaged.registry.alias == "3"
    assert damaged.stores.statistics.decisions().keys() == {4}


def test_nothing_is_rolled_back_to_a_version_of_which_nobody_knows_what_it_has_learned(damaged):
    damaged.registry.registered["3"] = replace(damaged.registry.version("3"), chunk_id=0)
    promote.promote_model(damaged.stores, "r5")
    assert (damaged.registry.alias, damaged.stores.statistics.decisions()) == ("5", {})


def test_a_version_whose_run_somebody_deleted_is_rolled_back_by_itself_too(damaged, monkeypatch):
    log_metrics = damaged.registry.log_metrics

    def refusing(run, metrics):
        if run.run_id == "r4":
            raise NotFound("Run r4 is deleted.")
        log_metrics(run, metrics)

    monkeypatch.setattr(damaged.registry, "log_metrics", refusing)
    promote.promote_model(damaged.stores, "r5")
    assert (damaged.registry.alias, damaged.deployed) == ("3", ["3"])
    assert damaged.registry.runs["r5"].metrics["sound"] == 0


def test_a_rollback_by_itself_holds_nothing(damaged):
    promote.promote_model(damaged.stores, "r5")
    assert not damaged.history.is_held("3")
    damaged.do("promote 6")
    assert damaged.registry.alias == "6"


def test_a_rollback_by_itself_goes_on_where_it_was_killed(damaged, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(damage, "deploy_model", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            promote.promote_model(damaged.stores, "r5")
    promote.promote_model(damaged.stores, "r5")
    damaged.check()
    assert (damaged.registry.alias, damaged.deployed) == ("3", ["3"])
    assert [event.what for event in damaged.history.events()].count("rolled_back") == 1


@pytest.mark.parametrize(
    ("metrics", "is_challenger", "left_out"),
    [({"harmed_by_its_chunk": 1.0}, False, {5}), ({"harmed_by_its_chunk": 1.0}, True, set()), ({}, False, set())],
    ids=["harm", "harm to a challenger", "another reason"],
)
def test_a_chunk_whose_data_kept_its_model_out_is_left_out_until_somebody_decides(
    damaged, metrics, is_challenger, left_out
):
    damaged.settings = damaged.settings.model_copy(update={"auto_rollback": "off"})
    refused = {"verdict": "reject", "reason": "It does harm.", "metrics": metrics, "is_challenger": is_challenger}
    damaged.registry.runs["r5"] = replace(damaged.registry.runs["r5"], **refused)
    promote.promote_model(damaged.stores, "r5")
    assert damaged.registry.version("5").stage == "rejected"
    statistics = damaged.stores.statistics
    assert statistics.not_learned_from("on") == left_out
    statistics.decide(5, "accepted", "it is right", "somebody")
    promote.promote_model(damaged.stores, "r5")  # the task is cleared and runs again
    assert statistics.not_learned_from("on") == set()


def test_whoever_moved_production_meanwhile_is_not_undone_by_a_rollback_by_itself(damaged):
    with pytest.raises(Stale):
        damaged.stores.production.roll_back("3", "By itself: x", instead_of="2")
    assert damaged.registry.alias == "4"


@pytest.mark.parametrize("setting", ["auto_rollback", "gate"])
def test_nothing_is_rolled_back_by_itself_where_the_settings_say_so(damaged, setting):
    damaged.settings = damaged.settings.model_copy(update={setting: "off"})
    promote.promote_model(damaged.stores, "r5")
    assert (damaged.registry.alias, damaged.deployed) == ("5", [])


def test_a_difference_that_a_day_may_have_by_chance_rolls_nothing_back(damaged):
    found = {f"u{number}": ((0.4, 0.5)[number % 2], (0.5, 0.4)[number % 2]) for number in range(60)}
    damaged.stores.comparisons.keep(PAIR, 5, datetime.now(UTC), found)
    promote.promote_model(damaged.stores, "r5")
    assert (damaged.registry.alias, damaged.deployed) == ("5", [])
