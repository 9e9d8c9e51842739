"""Promotion and rollback against a real MLflow server, also when the process dies between any two steps."""

import itertools
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from matinee import artifact
from matinee.clients import mlflow_client
from matinee.clients.mlflow_http import MlflowError
from matinee.clients.mlflow_rest import ALIAS
from matinee.errors import BadData, NotFound, Refused
from matinee.evaluation.backtest import Backtest
from matinee.evaluation.decision import Decision
from matinee.lifecycle.history import ModelEvent, last_good
from matinee.lifecycle.production import Production, Stale
from matinee.lifecycle.registry import Connection, Registry, Training, connection, versions
from matinee.lifecycle.registry.records import FILES, UNREGISTERED
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender
from matinee.settings import Settings
from matinee.stages.prune.versions import _is_needed, prune_runs, prune_versions
from matinee.stages.stores import Stores
from purging import purge

pytestmark = pytest.mark.usefixtures("own_models")

NO_MOVIES = pl.DataFrame(
    schema={"movie_id": pl.String, "title": pl.String, "year": pl.Int32, "genres": pl.List(pl.String)}
)
CHUNKS = itertools.count(1)
STEPS = ["alias", "tags", "end"]


@dataclass
class Home:
    """A home in which models are registered and moved."""

    settings: Settings
    interactions: Interactions

    @property
    def production(self) -> Production:
        """As a new process sees it."""
        return Stores.of(self.settings).production

    def train(self) -> str:
        """Log a model; returns its run id."""
        chunk_id, registry = next(CHUNKS), self.production.registry
        als = recommender("als", {"factors": 4})
        folder = self.settings.home / str(chunk_id) / artifact.FOLDER
        manifest = artifact.write(
            folder, fit(als, self.interactions).contents("als", self.interactions, chunk_id), NO_MOVIES
        )
        training = Training(manifest, folder, als.parameters, {}, datetime.now(UTC))
        return registry.log_training(training)

    def register(self) -> str:
        """Log, evaluate and register a model; returns its version."""
        registry = self.production.registry
        run = registry.training_run(self.train())
        decision = Decision(rule="rule", verdict="promote", reason="It is better.")
        registry.log_evaluation(run, {}, Backtest.nobody().per_user, decision)
        return registry.register(registry.training_run(run.run_id))

    def promote(self, version: str, reason: str, production: Production | None = None) -> None:
        """Promote what was compared with what is in production now."""
        current = self.production.registry.production()
        instead_of = current.version if current else None
        (production or self.production).promote(version, reason, instead_of=instead_of)

    def serve(self) -> str:
        """Register, promote and deploy."""
        version = self.register()
        self.promote(version, "better")
        self.production.history.record("deployed", version, None, "in production")
        return version

    def state(self) -> tuple[str, set[str]]:
        """The alias, and all versions that are tagged as production."""
        registry = self.production.registry
        return registry.production().version, {v.version for v in registry.versions() if v.stage == "production"}


@pytest.fixture
def home(mlflow_url, tmp_path, ratings):
    settings = Settings(home=tmp_path / "home", mlflow_url=mlflow_url, _env_file=None)
    movie_ids = [f"m{movie}" for movie in range(40)]
    return Home(settings, Interactions.from_ratings(ratings, movie_ids, 4.0, datetime.now(UTC)))


class Killed(BaseException):
    """The process died."""


def die_before(step: str, production: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_):
        raise Killed

    record = production.history.record

    def die_at_the_end(what, *arguments):
        if what in ("promoted", "rolled_back"):
            raise Killed
        record(what, *arguments)

    def die_after_the_alias(version):
        MlflowClient().set_registered_model_alias(Connection.name, ALIAS, version)
        raise Killed

    match step:
        case "alias":
            monkeypatch.setattr(production.registry, "move_production", die)
        case "tags":
            monkeypatch.setattr(production.registry, "move_production", die_after_the_alias)
        case "end":
            monkeypatch.setattr(production.history, "record", die_at_the_end)


@pytest.mark.parametrize("step", STEPS)
def test_a_promotion_that_dies_is_completed_or_taken_back(home, monkeypatch, step):
    old, new = home.serve(), home.register()
    dying = home.production
    die_before(step, dying, monkeypatch)
    with pytest.raises(Killed):
        home.promote(new, "better", dying)
    home.production.recover()
    expected = old if step == "alias" else new
    assert home.state() == (expected, {expected})
    assert home.production.history.events()[-1].what == ("abandoned" if step == "alias" else "promoted")
    assert home.production.history.unfinished() is None


@pytest.mark.parametrize("step", STEPS)
def test_a_rollback_that_dies_is_completed_or_taken_back(home, monkeypatch, step):
    old, new = home.serve(), home.serve()
    dying = home.production
    die_before(step, dying, monkeypatch)
    with pytest.raises(Killed):
        dying.roll_back(None, "bad")
    home.production.recover()
    expected = new if step == "alias" else old
    assert home.state() == (expected, {expected})
    assert home.production.roll_back(None, "bad again") == old  # done once, however often it is asked for


def test_a_rollback_goes_to_the_version_that_really_served(home):
    served = home.serve()
    never_served = home.register()
    home.promote(never_served, "promoted, but its deployment failed")
    bad = home.serve()
    assert home.production.roll_back(None, "bad") == served
    assert home.state() == (served, {served})
    stages = {v.version: v.stage for v in home.production.registry.versions()}
    assert (stages[never_served], stages[bad]) == ("archived", "archived")


def test_a_rollback_can_be_repeated_to_go_further_back(home):
    first, second, _third = home.serve(), home.serve(), home.serve()
    for expected in (second, first):
        assert home.production.roll_back(None, "bad") == expected
        home.production.history.record("deployed", expected, None, "in production")


def test_a_rollback_without_an_earlier_version_is_refused(home):
    only = home.serve()
    with pytest.raises(Refused, match="No other version has served"):
        home.production.roll_back(None, "bad")
    assert home.state() == (only, {only})


def test_a_rollback_to_a_version_that_does_not_exist_moves_nothing(home):
    version = home.serve()
    with pytest.raises(NotFound):
        home.production.roll_back("99999", "bad")
    assert home.state() == (version, {version})


def test_a_rollback_to_a_model_that_does_not_load_moves_nothing(home, monkeypatch):
    home.serve()
    version = home.serve()

    def damaged(_: Path) -> artifact.Artifact:
        raise BadData("damaged")

    monkeypatch.setattr(artifact, "load", damaged)
    with pytest.raises(BadData):
        home.production.roll_back(None, "bad")
    assert home.state() == (version, {version})


def test_the_history_tells_who_moved_what_when_and_why(home):
    first, second = home.serve(), home.register()
    home.promote(second, "much better")
    home.production.reject(home.register(), "worse")
    events = home.production.history.events()
    assert [event.what for event in events] == [
        "promoting",
        "promoted",
        "deployed",
        "promoting",
        "promoted",
        "rejected",
    ]
    promoted = events[4]
    assert (promoted.version, promoted.previous_version, promoted.reason) == (second, first, "much better")
    assert promoted.who
    assert events == sorted(events, key=lambda event: event.at)


def test_what_is_in_production_after_a_rollback_is_known_as_such(home):
    first, second = home.serve(), home.serve()
    assert not home.production.history.is_held(second)
    home.production.roll_back(None, "bad")
    assert home.production.history.is_held(first)
    home.promote(second, "by hand")
    assert not home.production.history.is_held(second)


def event(what, version, previous=None):
    return ModelEvent(0, what, version, previous, "", "", datetime.now(UTC))


@pytest.mark.parametrize(
    ("events", "version", "good"),
    [
        ([event("deployed", "1"), event("deployed", "2")], "2", "1"),
        ([event("deployed", "1"), event("promoted", "2")], "2", "1"),
        ([event("deployed", "1"), event("deployed", "2"), event("rolled_back", "1", "2")], "1", None),
        (
            [event("deployed", "1"), event("deployed", "2"), event("rolled_back", "1", "2"), event("promoted", "2")],
            "1",
            "2",
        ),
        ([event("deployed", "1")], "1", None),
        ([], "1", None),
    ],
)
def test_the_version_to_go_back_to_is_the_last_good_one_that_served(events, version, good):
    assert last_good(events, version) == good


# Retention


@pytest.fixture
def short(home) -> Stores:
    """The stores of a home that keeps one version, for a day."""
    return Stores.of(home.settings.model_copy(update={"keep_versions": 1, "keep_days": 1}))


IN_A_WEEK = datetime.now(UTC) + timedelta(days=7)


def registered_again(stores: Stores, version: str) -> str:
    """Register the run of a version once more, as people may in MLflow; returns the new version."""
    run = stores.registry.training_run(stores.registry.version(version).run_id)
    made = MlflowClient().create_model_version(Connection.name, run.source, run.run_id, model_id=run.model_id)
    return str(made.version)


def has_files(registry: Registry, version: str) -> bool:
    return registry.run_files(registry.version(version).run_id).size_bytes > 0


def test_old_versions_lose_their_files_and_keep_their_records(home, short):
    old, target, current = home.serve(), home.serve(), home.serve()
    rejected, newest = home.register(), home.register()
    removed = prune_versions(short, IN_A_WEEK, dry_run=True)
    assert (removed.n, removed.size_bytes > 0, has_files(short.registry, old)) == (2, True, True)
    assert prune_versions(short, IN_A_WEEK, dry_run=False).detail == f"versions {old}, {rejected}"
    assert [has_files(short.registry, each) for each in (old, target, current, rejected, newest)] == [
        *(False, True, True),
        *(False, True),
    ]
    run = short.registry.training_run(short.registry.version(old).run_id)
    assert (run.verdict, run.reason) == ("promote", "It is better.")
    assert prune_versions(short, IN_A_WEEK, dry_run=False).n == 0


def test_a_version_without_files_is_refused_in_one_line_and_a_pinned_one_keeps_them(home, short):
    old, pinned, _, _ = home.serve(), home.serve(), home.serve(), home.serve()
    short.registry.pin(pinned, is_pinned=True)
    prune_versions(short, IN_A_WEEK, dry_run=False)
    for move in (lambda: home.production.roll_back(old, "x"), lambda: home.production.promote_by_hand(old, "x")):
        with pytest.raises(Refused, match=f"artifacts of version {old} are gone"):
            move()
    assert home.production.history.unfinished() is None
    assert home.production.roll_back(pinned, "pinned") == pinned
    short.registry.pin(pinned, is_pinned=False)
    assert not short.registry.version(pinned).is_pinned


@pytest.mark.parametrize("step", ["files", "mark"])
def test_a_removal_that_dies_is_finished_by_the_next(home, short, monkeypatch, step):
    old, _, _ = home.serve(), home.serve(), home.serve()

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        if step == "files":
            patch.setattr(Registry, "_remove_files", die)
        else:
            # what is said of the run, after its files are gone
            patch.setattr(mlflow_client.MlflowClient, "set_tag", die)
        with pytest.raises(Killed):
            prune_versions(short, IN_A_WEEK, dry_run=False)
    with pytest.raises(Refused, match="are gone"):
        home.production.roll_back(old, "x")
    assert prune_versions(short, IN_A_WEEK, dry_run=False).n == 1
    assert (has_files(short.registry, old), short.registry.version(old).is_gone) == (False, True)


def test_a_version_that_somebody_moves_production_to_meanwhile_keeps_its_files(home, short):
    old, _, _ = home.serve(), home.serve(), home.serve()
    version = short.registry.version(old)
    files = short.registry.run_files(version.run_id)

    def promoting() -> bool:
        short.history.record("promoting", old, None, "by hand")
        begun = short.history.unfinished()
        return begun is not None and begun.version == old

    assert not short.registry.remove_artifacts(version, files, promoting)
    assert has_files(short.registry, old)
    assert short.registry.version(old).has_artifacts


def test_a_version_keeps_its_files_while_somebody_moves_production_to_another_one_of_its_run(home, short, monkeypatch):
    old, _, _ = home.serve(), home.serve(), home.serve()
    again = registered_again(short, old)
    home.serve()
    files_of = Registry.run_files

    def moving_meanwhile(self, run_id):
        if short.history.unfinished() is None:
            short.history.record("promoting", again, None, "by hand")
        return files_of(self, run_id)

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "run_files", moving_meanwhile)
        removed = prune_versions(short, IN_A_WEEK, dry_run=False)
    assert not {old, again}.intersection(removed.detail.replace(",", "").split()[1:])
    assert has_files(short.registry, old)
    assert all(short.registry.version(each).has_artifacts for each in (old, again))


def test_a_move_that_ends_while_its_version_is_looked_at_is_seen(home, short, monkeypatch):
    old, _ = home.serve(), home.serve()
    version = short.registry.version(old)
    short.history.record("promoting", old, None, "by hand")
    production = Registry.production

    def ending_meanwhile(self):
        found = production(self)
        short.history.record("promoted", old, None, "by hand")
        return found

    monkeypatch.setattr(Registry, "production", ending_meanwhile)
    assert _is_needed(short, version)


def test_files_end_also_while_a_move_is_unfinished_to_a_version_that_somebody_deleted(home, short):
    old, _, _ = home.serve(), home.serve(), home.serve()
    short.history.record("promoting", "9999", None, "by hand")
    assert old in prune_versions(short, IN_A_WEEK, dry_run=False).detail.replace(",", "").split()
    assert not has_files(short.registry, old)


def test_a_run_that_never_became_a_version_loses_its_files_after_its_time(home, short):
    version = home.serve()
    run_id = home.train()
    assert prune_runs(short, datetime.now(UTC), dry_run=False).n == 0
    assert prune_runs(short, IN_A_WEEK, dry_run=True).n == 1
    assert prune_runs(short, IN_A_WEEK, dry_run=False).n == 1
    assert short.registry.run_files(run_id).size_bytes == 0
    assert prune_runs(short, IN_A_WEEK, dry_run=False).n == 0
    assert has_files(short.registry, version)


@pytest.mark.parametrize(
    ("killed_before", "has_model"), [("log", False), ("create_logged_model", False), ("finish_logged_model", True)]
)
def test_what_a_training_left_that_was_killed_while_it_was_logged_ends_too(
    home, short, monkeypatch, killed_before, has_model
):
    version = home.serve()

    def die(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        for each in (killed_before, "set_terminated"):  # a killed process says nothing at its end
            patch.setattr(mlflow_client.MlflowClient, each, die)
        with pytest.raises(Killed):
            home.train()
    (left,) = short.registry.unregistered_runs(IN_A_WEEK)
    files = short.registry.run_files(left.run_id)
    assert (files.size_bytes > 0) is has_model
    assert prune_runs(short, datetime.now(UTC), dry_run=False).n == 0
    found = prune_runs(short, IN_A_WEEK, dry_run=False)
    assert (found.n, found.size_bytes) == (1, files.size_bytes)
    assert short.registry.run_files(left.run_id).size_bytes == 0
    assert prune_runs(short, IN_A_WEEK, dry_run=False).n == 0
    assert has_files(short.registry, version)


@pytest.mark.parametrize("what", ["its run", "its model", "its run for ever"])
def test_a_version_of_which_somebody_deleted_a_part_in_mlflow_stands_in_no_other_s_way(
    home, short, mlflow_folder, what
):
    spoilt, old, _, _ = (home.serve() for _ in range(4))
    run = short.registry.training_run(short.registry.version(spoilt).run_id)
    if what == "its model":
        MlflowClient().delete_logged_model(run.model_id)
    elif what == "its run":
        MlflowClient().delete_run(run.run_id)
    else:
        purge(run.run_id, mlflow_folder)
    removed = prune_versions(short, IN_A_WEEK, dry_run=False)
    assert (removed.problem, {spoilt, old} <= set(removed.detail.replace(",", "").split())) == ("", True)
    assert (short.registry.version(spoilt).is_gone, has_files(short.registry, old)) == (True, False)
    assert prune_versions(short, IN_A_WEEK, dry_run=False).n == 0


def test_a_run_whose_model_somebody_deleted_in_mlflow_is_not_looked_at_again(home, short):
    version, spoilt, waiting = home.serve(), home.train(), home.train()
    MlflowClient().delete_logged_model(short.registry.training_run(spoilt).model_id)
    assert prune_runs(short, IN_A_WEEK, dry_run=False).n == 2
    assert short.registry.run_files(waiting).size_bytes == 0
    assert prune_runs(short, IN_A_WEEK, dry_run=False).n == 0
    assert has_files(short.registry, version)


def test_an_experiment_that_somebody_deleted_in_mlflow_is_restored_with_its_runs(home, short):
    version = home.serve()
    client = MlflowClient()
    client.delete_experiment(client.get_experiment_by_name(Connection.name).experiment_id)
    with pytest.raises(MlflowException):
        client.log_metric(short.registry.version(version).run_id, "anything", 1.0)
    newer = home.serve()
    runs = [short.registry.training_run(short.registry.version(each).run_id) for each in (newer, version)]
    assert [each.run_id for each in short.registry.earlier_trainings(replace(runs[0], chunk_id=10**9))] == [
        each.run_id for each in runs
    ]
    short.registry.log_metrics(runs[1], {"anything": 1.0})


def test_what_cannot_be_removed_is_told_and_keeps_no_other(home, short, monkeypatch):
    stuck, old, _, _ = (home.serve() for _ in range(4))
    stuck_run, waiting = home.train(), home.train()
    stuck_runs = {short.registry.version(stuck).run_id, stuck_run}
    removing = Registry._remove_files

    def failing(self, files):
        if files.run_id in stuck_runs:
            raise MlflowError("the disk is broken")
        removing(self, files)

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "_remove_files", failing)
        versions_, runs = (prune(short, IN_A_WEEK, dry_run=False) for prune in (prune_versions, prune_runs))
    assert f"version {stuck}: " in versions_.problem
    assert f"run {stuck_run}: " in runs.problem
    assert (versions_.detail, runs.n) == (f"versions {old}", 1)
    assert not has_files(short.registry, old)
    assert short.registry.run_files(waiting).size_bytes == 0
    assert prune_versions(short, IN_A_WEEK, dry_run=False).detail == f"versions {stuck}"
    assert prune_runs(short, IN_A_WEEK, dry_run=False).n == 1


def test_the_files_of_a_run_of_an_earlier_matinee_end_too(home, short):
    version, waiting = home.serve(), home.train()
    client = MlflowClient()
    for run_id in (waiting, short.registry.version(version).run_id):
        client.delete_tag(run_id, FILES)
    assert prune_runs(short, IN_A_WEEK, dry_run=False).n == 1
    assert short.registry.run_files(waiting).size_bytes == 0
    assert has_files(short.registry, version)


def test_a_version_whose_registering_process_died_before_it_told_the_run_keeps_its_files(home, short):
    version = home.serve()
    MlflowClient().set_tag(short.registry.version(version).run_id, FILES, UNREGISTERED)
    prune_runs(short, IN_A_WEEK, dry_run=False)
    assert has_files(short.registry, version)


def test_a_hold_passes_on_to_the_version_that_replaces_what_is_held(home):
    good, bad = home.serve(), home.serve()
    home.production.roll_back(None, "worse")
    without_them = home.register()
    home.production.replace(without_them, "A user was erased.", instead_of=good)
    assert home.production.registry.production().version == without_them
    assert home.production.history.is_held(without_them)
    home.production.history.record("deployed", without_them, good, "in production")
    assert home.production.history.last_served_before(without_them) not in (good, bad), "they know the user"


def test_production_that_has_moved_is_not_replaced(home):
    old, new = home.serve(), home.serve()
    with pytest.raises(Stale):
        home.production.replace(home.register(), "A user was erased.", instead_of=old)
    assert home.state() == (new, {new})


def test_all_versions_are_read_however_many_pages_they_are(home, monkeypatch):
    made = [home.register() for _ in range(3)]
    registry, search = home.production.registry, mlflow_client.MlflowClient.search_model_versions
    run = registry.training_run(home.train())

    def register_meanwhile(client, condition, *asked, **more):
        """As another process does between two pages."""
        found = search(client, condition, *asked, **more)
        if more.get("page_token") is None and "run_id" not in condition:
            made.append(registry.register(run))
        return found

    monkeypatch.setattr(versions, "_PAGE", 2)
    monkeypatch.setattr(mlflow_client.MlflowClient, "search_model_versions", register_meanwhile)
    assert [each.version for each in registry.versions()] == list(reversed(made)) == ["4", "3", "2", "1"]


def test_versions_without_files_are_not_read_again(home, short, monkeypatch):
    old, *kept = home.serve(), home.serve(), home.serve()
    prune_versions(short, IN_A_WEEK, dry_run=False)
    read = []
    made = mlflow_client.MlflowVersion
    monkeypatch.setattr(mlflow_client, "MlflowVersion", lambda **told: read.append(told["version"]) or made(**told))
    assert prune_versions(short, IN_A_WEEK, dry_run=False).n == 0
    assert prune_runs(short, IN_A_WEEK, dry_run=False).n == 0
    assert set(read) == set(kept) != {old}


def test_the_files_of_a_version_of_an_earlier_matinee_end_too(home, short):
    old, _, _ = home.serve(), home.serve(), home.serve()
    for version in (old, "2"):
        MlflowClient().delete_model_version_tag(Connection.name, version, FILES)
    assert [each.version for each in short.registry.versions_with_files()] == ["3", "2", "1"]
    assert all(MlflowClient().get_model_version(Connection.name, each).tags[FILES] for each in (old, "2"))
    assert prune_versions(short, IN_A_WEEK, dry_run=False).detail == f"versions {old}"
    assert [each.version for each in short.registry.versions_with_files()] == ["3", "2"]


def test_a_run_of_which_a_version_is_kept_keeps_its_files(home, short):
    old, _, _ = home.serve(), home.serve(), home.serve()
    again = registered_again(short, old)
    short.registry.pin(again, is_pinned=True)
    assert prune_versions(short, IN_A_WEEK, dry_run=False).n == 0
    assert has_files(short.registry, old)
    short.registry.pin(again, is_pinned=False)
    home.serve()
    assert set(prune_versions(short, IN_A_WEEK, dry_run=False).detail.split()[1:]) >= {f"{old},", again}
    assert not has_files(short.registry, again)


def test_the_files_of_a_version_that_somebody_deleted_end_like_those_of_a_run_without_one(home, short):
    old, _, _ = home.serve(), home.serve(), home.serve()
    run_id = short.registry.version(old).run_id
    MlflowClient().delete_model_version(Connection.name, old)
    prune_versions(short, IN_A_WEEK, dry_run=False)
    assert prune_runs(short, IN_A_WEEK, dry_run=False).n == 1
    assert short.registry.run_files(run_id).size_bytes == 0


@pytest.mark.parametrize("tag", ["staging", "production"])
def test_a_tag_of_an_old_version_that_somebody_changed_is_repaired(home, short, monkeypatch, tag):
    monkeypatch.setattr(versions, "RECENT", 1)
    old, _, _ = home.serve(), home.serve(), home.serve()
    MlflowClient().set_model_version_tag(Connection.name, old, "stage", tag)
    short.production.recover()
    assert short.registry.version(old).stage == "archived"


def test_only_the_last_trainings_are_read(home, short, monkeypatch):
    for _ in range(4):
        home.serve()
    newest = short.registry.training_run(home.train())
    monkeypatch.setattr(connection, "_PAGE", 2)
    asked = []
    search = mlflow_client.MlflowClient.search_runs
    monkeypatch.setattr(mlflow_client.MlflowClient, "search_runs", lambda *a, **k: asked.append(k) or search(*a, **k))
    found = short.registry.earlier_trainings(newest, limit=1)
    assert (len(found), len(asked)) == (1, 1)


def test_yesterdays_training_is_found_by_its_chunk_and_only_when_it_is_evaluated_and_alike(home):
    home.serve()
    yesterday, registry = home.production.registry.production().run_id, home.production.registry
    today = registry.training_run(home.train())
    found = registry.trainings_on(today, today.chunk_id - 1)
    assert [each.run_id for each in found] == [yesterday]
    assert registry.trainings_on(today, today.chunk_id) == []
    assert registry.trainings_on(replace(today, hyperparameters={"factors": 5}), today.chunk_id - 1) == []


# The registry in other people's hands: each of these is done to the real MLflow, behind matinee's back.


@pytest.fixture
def stored(home):
    """Two versions that served, both kept in the server's model store; the second is in production."""
    versions = [home.serve(), home.serve()]
    for version in versions:
        run = home.production.registry.training_run(home.production.registry.version(version).run_id)
        with home.production.registry.downloaded(run) as folder:
            shutil.copytree(folder, home.settings.home / "serving" / version)
    return versions


def lose_files(home: Home, version: str) -> None:
    """Remove the files of a version from MLflow, as a purge or a wrong `rm` does."""
    registry = home.production.registry
    run = registry.training_run(registry.version(version).run_id)
    artifacts = get_artifact_repository(run.source)
    artifacts.delete_artifacts("artifacts")
    assert not registry.has_files(registry.version(version))


def test_an_alias_moved_in_mlflow_to_a_version_that_loads_is_a_promotion_by_hand(home):
    first, second = home.serve(), home.serve()
    MlflowClient().set_registered_model_alias(Connection.name, ALIAS, first)
    home.production.recover()
    assert home.state() == (first, {first})
    last = home.production.history.events()[-1]
    assert (last.what, last.version, last.previous_version) == ("promoted", first, second)
    assert "moved in MLflow" in last.reason


def test_an_alias_that_is_deleted_is_put_back(home):
    home.serve()
    version = home.serve()
    MlflowClient().delete_registered_model_alias(Connection.name, ALIAS)
    assert home.production.registry.production() is None
    home.production.recover()
    assert home.state() == (version, {version})
    assert "the alias is gone" in home.production.history.events()[-1].reason


def test_a_deleted_version_is_registered_again_from_the_model_store(home, stored):
    MlflowClient().delete_model_version(Connection.name, stored[-1])
    home.production.recover()
    version, _ = home.state()
    assert version not in stored
    assert f"with the files of version {stored[-1]} from the model store" in home.production.history.events()[-1].reason
    home.production.recover()
    assert home.state() == (version, {version})  # once is enough


def test_files_that_are_gone_come_back_from_the_model_store(home, stored):
    lose_files(home, stored[-1])
    home.production.recover()
    version, _ = home.state()
    assert version not in stored
    assert home.production.registry.has_files(home.production.registry.version(version))


def test_a_version_whose_run_is_purged_stays_as_long_as_its_files_load(home, stored, mlflow_folder):
    """MLflow keeps the files of a model apart from those of its run, and the server reads nothing else."""
    purge(home.production.registry.version(stored[-1]).run_id, mlflow_folder)
    home.production.recover()
    assert home.state() == (stored[-1], {stored[-1]})
    assert home.production.registry.has_files(home.production.registry.version(stored[-1]))


def test_without_a_copy_in_the_model_store_it_is_the_version_that_served_before(home):
    first, second = home.serve(), home.serve()
    MlflowClient().delete_model_version(Connection.name, second)
    home.production.recover()
    assert home.state() == (first, {first})


def test_an_alias_moved_to_what_does_not_load_is_put_back(home, stored):
    broken = home.register()
    lose_files(home, broken)
    MlflowClient().set_registered_model_alias(Connection.name, ALIAS, broken)
    home.production.recover()
    assert home.state() == (stored[-1], {stored[-1]})


def test_what_somebody_went_back_from_is_not_what_production_is_restored_to(home):
    first, second = home.serve(), home.serve()
    home.production.roll_back(None, "bad")
    home.production.history.record("deployed", first, second, "in production")
    MlflowClient().delete_registered_model_alias(Connection.name, ALIAS)
    home.production.recover()
    assert home.state() == (first, {first})


def test_a_version_without_files_is_not_promoted_by_hand(home):
    version, broken = home.serve(), home.register()
    lose_files(home, broken)
    with pytest.raises(BadData, match="gone from MLflow"):
        home.production.promote_by_hand(broken, "why")
    assert home.state() == (version, {version})


def test_more_versions_than_fit_on_a_page_are_all_listed(home, monkeypatch):
    versions = [home.register() for _ in range(3)]
    monkeypatch.setattr("matinee.lifecycle.registry.versions._PAGE", 2)
    assert {each.version for each in home.production.registry.versions()} >= set(versions)


def test_metrics_of_a_version_are_there_behind_a_thousand_newer_runs(home, mlflow_folder):
    version = home.register()
    registry = home.production.registry
    run_id = registry.version(version).run_id
    with closing(sqlite3.connect(mlflow_folder / "mlflow.db", timeout=30)) as database, database:
        found = database.execute("SELECT * FROM runs WHERE run_uuid = ?", [run_id])
        names = [column for column, *_ in found.description]
        row = dict(zip(names, found.fetchone(), strict=True))
        later = [row | {"run_uuid": uuid4().hex, "start_time": row["start_time"] + 1 + n} for n in range(1_001)]
        places = ", ".join(f":{name}" for name in names)
        database.executemany(f"INSERT INTO runs ({', '.join(names)}) VALUES ({places})", later)  # noqa: S608
    assert len(MlflowClient().search_runs([row["experiment_id"]])) == 1_000
    assert registry.metrics_by_run()[run_id] == registry.training_run(run_id).metrics
