"""The stages as commands, on small ratings with a known structure and a real MLflow server."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import polars as pl
import pytest
from mlflow import MlflowClient
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from in_process import matinee
from matinee import artifact, clock
from matinee.clients.mlflow_rest import ALIAS
from matinee.drift.records import StatisticsStore
from matinee.environment import load_settings
from matinee.errors import DependencyUnreachable
from matinee.lifecycle.comparisons import Comparisons
from matinee.lifecycle.history import History
from matinee.lifecycle.registry import Connection, Registry
from matinee.models.specification import Specification
from matinee.ratings.feedback.shown import ShownList, ShownLists
from matinee.ratings.feedback.store import FeedbackStore
from matinee.ratings.ledger import ledger as ledger_module
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.ratings.ledger.reading import ChunkReader
from matinee.ratings.sources import source as source_module
from matinee.stages import erase as erase_module
from matinee.stages.prune.comparisons import PAIR_DAYS
from matinee.stages.prune.home import prune_home
from matinee.stages.stores import Stores
from matinee.stages.train import train_model
from purging import purge
from support import two_tastes


@pytest.fixture(autouse=True)
def home(own_models, mlflow_url, tmp_path, monkeypatch):  # noqa: ARG001  before whatever a test itself asks for
    """Folder of a home that learns from ratings of two tastes, with a bootstrap of 15 of their 20 days."""
    two_tastes().write_csv(tmp_path / "ratings.csv")
    values = {"HOME": tmp_path / "home", "DATA": tmp_path / "ratings.csv", "BOOTSTRAP": "15d", "MLFLOW_URL": mlflow_url}
    for name, value in values.items():
        monkeypatch.setenv(f"MATINEE_{name}", str(value))
    return tmp_path / "home"


def train_through_the_next_chunk(run: str) -> tuple[int, str]:
    chunk_id = matinee("ingest", "--run-id", run)["chunk_id"]
    return chunk_id, matinee("train", "--chunk-id", str(chunk_id))["run_id"]


@pytest.fixture
def in_production():
    """Run id and version of the first chunk's model."""
    _, run_id = train_through_the_next_chunk("first")
    matinee("evaluate", "--run-id", run_id)
    return run_id, matinee("promote", "--run-id", run_id)["model_version"]


def test_a_chunk_becomes_a_version_in_production(in_production):
    run_id, version = in_production
    stages = {each["version"]: each for each in matinee("versions")["versions"]}
    assert (stages[version]["stage"], stages[version]["run_id"], stages[version]["chunk_id"]) == (
        "production",
        run_id,
        1,
    )


def test_running_a_stage_again_changes_nothing(in_production):
    run_id, version = in_production
    before = matinee("versions")
    assert matinee("ingest", "--run-id", "first")["chunk_id"] == 1
    assert matinee("train", "--chunk-id", "1")["run_id"] == run_id
    first, second = (matinee("evaluate", "--run-id", run_id) for _ in range(2))
    assert first == second
    assert matinee("promote", "--run-id", run_id)["model_version"] == version
    assert matinee("versions") == before


@pytest.fixture
def built(monkeypatch) -> Counter[str]:
    """How often each store was built, and the source prepared."""
    counts: Counter[str] = Counter()

    def counting(name: str, original: Callable) -> Callable:
        def build(self, *arguments, **options):
            counts[name] += 1
            return original(self, *arguments, **options)

        return build

    for store in (Registry, ChunkLedger, StatisticsStore, History):
        monkeypatch.setattr(store, "__init__", counting(store.__name__, store.__init__))
    prepare = source_module.prepare
    for module in (source_module, ledger_module):  # the stores take it from where it is, when they ask for it
        monkeypatch.setattr(module, "prepare", counting("prepare", prepare))
    return counts


def test_a_command_builds_each_store_and_prepares_the_source_at_most_once(built, home):
    chunk_id, run_id = train_through_the_next_chunk("first")
    (home / "ratings" / "chunk-00001.parquet").unlink()  # so that the ledger, too, wants the source
    for command in (
        ["ingest", "--run-id", "second"],
        ["train", "--chunk-id", str(chunk_id + 1)],
        ["evaluate", "--run-id", run_id],
        ["promote", "--run-id", run_id],
        ["versions"],
        ["watch", "1"],
    ):
        built.clear()
        matinee(*command)
        assert built, command
        assert set(built.values()) == {1}, (command, built)


def test_an_old_run_that_is_run_again_moves_nothing_back(in_production):
    old_run, _ = in_production
    _, run_id = train_through_the_next_chunk("second")
    matinee("evaluate", "--run-id", run_id)
    newer = matinee("promote", "--run-id", run_id)["model_version"]
    matinee("promote", "--run-id", old_run)
    stages = {each["version"]: each["stage"] for each in matinee("versions")["versions"]}
    assert stages[newer] == "production"


def test_metrics_are_of_the_past_alone_and_stand_beside_popularity(in_production):
    metrics = matinee("evaluate", "--run-id", in_production[0])["metrics"]
    assert metrics["ndcg_at_10"] > metrics["popularity_ndcg_at_10"]
    assert {"recall_at_10", "popularity_recall_at_10", "fit_s", "train_s", "peak_memory_bytes"} <= metrics.keys()
    assert metrics["n_evaluated_users"] > 0


def test_an_ordinary_day_is_evaluated_without_reading_all_of_the_past(in_production, monkeypatch):
    _, run_id = train_through_the_next_chunk("second")

    def read_all(self, chunks):  # noqa: ARG001  as that of `ChunkReader`
        raise AssertionError("all ratings of all chunks were read")

    monkeypatch.setattr(ChunkReader, "read_all", read_all)
    evaluated = matinee("evaluate", "--run-id", run_id)
    assert (evaluated["verdict"], evaluated["metrics"]["n_evaluated_users"] > 0) == ("promote", True)
    assert in_production[0] != run_id


def test_with_the_gate_off_a_day_reads_no_more_than_yesterdays_training(in_production, monkeypatch):
    _, run_id = train_through_the_next_chunk("second")
    monkeypatch.setenv("MATINEE_GATE", "off")
    monkeypatch.setattr(Registry, "earlier_trainings", lambda *_: pytest.fail("all of the last weeks were read"))
    assert matinee("evaluate", "--run-id", run_id)["metrics"]["n_evaluated_users"] > 0
    assert in_production[0] != run_id


def test_a_model_that_has_not_shown_to_be_better_is_rejected_with_exit_code_3(in_production):
    _, version = in_production
    challenger = matinee("challenge", "--only", "popular")
    assert (challenger["state"], "the model in production stays" in challenger["reason"]) == ("gathering", True)
    rejected = matinee("promote", "--run-id", challenger["run_id"], code=3)
    assert rejected["promoted"] is False
    stages = {each["version"]: each["stage"] for each in matinee("versions")["versions"]}
    assert (stages[version], stages[rejected["model_version"]]) == ("production", "rejected")


def test_a_chunk_that_nothing_was_trained_on_does_not_shut_the_gate(in_production):
    matinee("ingest", "--run-id", "lost")
    _, run_id = train_through_the_next_chunk("third")
    evaluated = matinee("evaluate", "--run-id", run_id)
    assert evaluated["metrics"]["ndcg_at_10"] == evaluated["metrics"]["incumbent_ndcg_at_10"]
    version = matinee("promote", "--run-id", run_id)["model_version"]
    assert Registry(load_settings()).production().version == version != in_production[1]


def test_a_chunk_that_does_harm_keeps_its_model_out_and_is_not_learned_by_tomorrows(in_production, home, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("matinee.evaluation.refresh.of_newest_data", lambda *_: np.full(60, -0.9))
        chunk_id, run_id = train_through_the_next_chunk("harmful")
        assert "people of its rest get lists" in matinee("evaluate", "--run-id", run_id)["reason"]
        assert matinee("promote", "--run-id", run_id, code=3)["promoted"] is False
    assert Registry(load_settings()).production().version == in_production[1]
    assert matinee("watch", str(chunk_id), code=3)["is_learned_from"] is False
    _, run_id = train_through_the_next_chunk("third")
    sizes = [pl.read_parquet(path).height for path in sorted((home / "ratings").glob("*.parquet"))]
    assert Registry(load_settings()).training_run(run_id).metrics["n_ratings"] == sizes[0] + sizes[2]
    assert matinee("evaluate", "--run-id", run_id)["verdict"] == "promote"
    assert matinee("promote", "--run-id", run_id)["promoted"]


def test_what_somebody_went_back_to_is_what_the_next_candidate_competes_with(in_production):
    _, second = train_through_the_next_chunk("second")
    matinee("evaluate", "--run-id", second)
    matinee("promote", "--run-id", second)
    Stores.of(load_settings()).production.roll_back(in_production[1], "it was worse")
    _, run_id = train_through_the_next_chunk("third")
    evaluated = matinee("evaluate", "--run-id", run_id)
    assert evaluated["verdict"] == "reject"
    assert "not enough" in evaluated["reason"]


def test_a_rollback_by_a_person_holds_until_somebody_resumes(in_production):
    _, second = train_through_the_next_chunk("second")
    matinee("evaluate", "--run-id", second)
    matinee("promote", "--run-id", second)
    stores = Stores.of(load_settings())
    stores.production.roll_back(in_production[1], "it was worse")
    assert stores.history.is_held(in_production[1])
    matinee("resume", "--reason", "the data was wrong, not the model")
    assert not stores.history.is_held(in_production[1])
    _, run_id = train_through_the_next_chunk("third")
    assert matinee("evaluate", "--run-id", run_id)["verdict"] == "promote"


@pytest.mark.usefixtures("in_production")
@pytest.mark.parametrize("what", ["files", "version", "run", "alias", "model"])
def test_a_day_goes_on_whatever_mlflow_has_lost_of_production(what, mlflow_folder):
    lost, client = Stores.of(load_settings()).registry.production(), MlflowClient()
    match what:
        case "files":
            get_artifact_repository(lost.source).delete_artifacts("artifacts")
        case "version":
            client.delete_model_version(Connection.name, lost.version)
        case "run":
            purge(lost.run_id, mlflow_folder)
        case "alias":
            client.delete_registered_model_alias(Connection.name, ALIAS)
        case "model":
            delete_model(lost.run_id)
    _, run_id = train_through_the_next_chunk("second")
    assert matinee("evaluate", "--run-id", run_id)["verdict"] == "promote"
    promoted = matinee("promote", "--run-id", run_id)
    assert promoted["promoted"]
    assert Stores.of(load_settings()).registry.production().version == promoted["model_version"]


def test_a_chunk_that_somebody_wrote_to_the_version_in_production_shuts_out_no_day(in_production):
    MlflowClient().set_model_version_tag(Connection.name, in_production[1], "chunk_id", "20260101")
    _, run_id = train_through_the_next_chunk("second")
    assert matinee("evaluate", "--run-id", run_id)["verdict"] == "promote"
    assert matinee("promote", "--run-id", run_id)["promoted"]


def delete_model(run_id: str) -> None:
    """Delete the logged model of a run in MLflow, as people can; its files stay for a while."""
    MlflowClient().delete_logged_model(Registry(load_settings()).training_run(run_id).model_id)


@pytest.mark.usefixtures("in_production")
def test_resuming_what_nobody_holds_is_refused():
    assert "not held" in matinee("resume", "--reason", "why", code=3)["error"]


def test_the_end_of_the_data_is_a_clean_state():
    chunk_ids = [matinee("ingest", "--run-id", f"run-{day}")["chunk_id"] for day in range(7)]
    assert chunk_ids == [1, 2, 3, 4, 5, 6, None]
    assert matinee("ingest", "--run-id", "one-more")["state"] == "no_more_data"


def test_chunks_hold_every_rating_once(home):
    ratings = pl.read_csv(home.parent / "ratings.csv")
    for day in range(7):
        matinee("ingest", "--run-id", f"run-{day}")
    chunks = pl.concat(pl.read_parquet(path) for path in sorted((home / "ratings").glob("*.parquet")))
    keys = ["user_id", "movie_id"]
    assert chunks.select(keys).sort(keys).equals(ratings.select(keys).sort(keys))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "--chunk-id", "7"], "chunk 7"),
        (["evaluate", "--run-id", "0" * 32], "no run"),
        (["train", "--chunk-id", "none"], "valid int"),
    ],
)
def test_a_wrong_argument_is_exit_code_2_and_one_line(arguments, says):
    assert says in matinee(*arguments, code=2)["error"]


def test_promoting_before_evaluating_says_what_to_run():
    _, run_id = train_through_the_next_chunk("first")
    assert "matinee evaluate --run-id" in matinee("promote", "--run-id", run_id, code=2)["error"]


def test_an_unknown_algorithm_names_the_known_ones(monkeypatch):
    matinee("ingest", "--run-id", "first")
    monkeypatch.setenv("MATINEE_ALGORITHM", "als2")
    assert "als, " in matinee("train", "--chunk-id", "1", code=2)["error"]


def test_what_memory_cannot_hold_is_refused_before_the_past_is_read(monkeypatch):
    matinee("ingest", "--run-id", "first")
    monkeypatch.setenv("MATINEE_MEMORY", "0.1")
    monkeypatch.setattr(ChunkReader, "scan_all", lambda *_: pytest.fail("the past was read"))
    monkeypatch.setattr(ChunkReader, "read_all", lambda *_: pytest.fail("the past was read"))
    error = matinee("train", "--chunk-id", "1", code=5)["error"]
    assert "MATINEE_MEMORY" in error
    assert StatisticsStore(load_settings()).all() == []  # it was not watched either


def test_mlflow_being_down_is_exit_code_4_and_nothing_is_lost(monkeypatch, unused_port):
    chunk_id = matinee("ingest", "--run-id", "first")["chunk_id"]
    monkeypatch.setenv("MATINEE_MLFLOW_URL", f"http://127.0.0.1:{unused_port}")
    error = matinee("train", "--chunk-id", str(chunk_id), code=4)["error"]
    assert error.count("\n") == 1
    assert "matinee status" in error


def test_the_api_server_being_down_is_exit_code_4(monkeypatch, unused_port):
    monkeypatch.setenv("MATINEE_API_PORT", str(unused_port))
    assert "API server" in matinee("deploy", code=4)["error"]


def test_a_setting_that_does_not_exist_is_named(monkeypatch):
    monkeypatch.setenv("MATINEE_CHUNKS", "1d")
    assert "MATINEE_CHUNKS" in matinee("versions", code=2)["error"]


def test_a_stage_runs_in_a_process_of_its_own_with_only_its_result_on_stdout(monkeypatch):
    monkeypatch.setenv("MATINEE_LOG_LEVEL", "debug")
    command = [Path(sys.executable).with_name("matinee"), "ingest", "--run-id", "first", "--json"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(finished.stdout)["state"] == "closed"


def test_the_next_training_does_without_who_was_erased_and_what_was_taken_back(in_production):
    before = histories_in(in_production[0])
    (erased, _), (kept, rated) = list(before.items())[:2]
    FeedbackStore(load_settings()).withdraw(erased)
    FeedbackStore(load_settings()).withdraw(kept, rated[0])
    _, run_id = train_through_the_next_chunk("second")
    after = histories_in(run_id)
    assert erased not in after
    assert set(rated[1:]) <= set(after[kept])
    assert rated[0] not in after[kept]


def test_two_evaluated_runs_of_one_chunk_break_no_later_evaluation(in_production):
    chunk_id, second = train_through_the_next_chunk("second")
    FeedbackStore(load_settings()).withdraw("u1")
    again = matinee("train", "--chunk-id", str(chunk_id))["run_id"]
    for run_id in (second, again):
        assert matinee("evaluate", "--run-id", run_id)["verdict"] == "promote"
    assert len({in_production[0], second, again}) == 3
    matinee("promote", "--run-id", again)
    _, third = train_through_the_next_chunk("third")
    assert matinee("evaluate", "--run-id", third)["verdict"] == "promote"
    assert matinee("promote", "--run-id", third)["promoted"]


def test_a_finished_training_is_not_reused_when_what_is_learned_has_changed(in_production, monkeypatch):
    runs = [in_production[0]]

    def train_again() -> None:
        runs.append(matinee("train", "--chunk-id", "1")["run_id"])
        assert matinee("train", "--chunk-id", "1")["run_id"] == runs[-1]  # and reused when it has not

    FeedbackStore(load_settings()).withdraw("u1")
    train_again()
    monkeypatch.setenv("MATINEE_POSITIVE_RATING", "3")
    train_again()
    chunk_id = matinee("ingest", "--run-id", "second")["chunk_id"]
    runs.append(matinee("train", "--chunk-id", str(chunk_id))["run_id"])
    matinee("watch", "1", "--leave-out", "--reason", "a broken export")
    runs.append(matinee("train", "--chunk-id", str(chunk_id))["run_id"])
    assert len(set(runs)) == len(runs)


@pytest.mark.usefixtures("in_production")
def test_an_erasure_that_is_alone_reaches_production_with_the_next_run():
    while (chunk_id := matinee("ingest", "--run-id", f"all {uuid4()}")["chunk_id"]) is not None:
        newest = chunk_id
    FeedbackStore(load_settings()).withdraw("u1")
    chunk_id, run_id = train_through_the_next_chunk("forget")
    assert chunk_id == newest + 1
    assert "u1" not in histories_in(run_id)
    assert matinee("evaluate", "--run-id", run_id)["verdict"] == "promote"


@pytest.fixture
def served(monkeypatch) -> list[str]:
    """Versions that the API server was asked to serve; it is not there."""
    asked: list[str] = []

    def serve(stores: Stores, version: str) -> None:
        asked.append(version)
        stores.history.record("deployed", version, None, "asked for")

    monkeypatch.setattr(erase_module, "deploy_model", serve)
    return asked


def days_from(moment: datetime, days: int) -> set[str]:
    """The day that is so many days after a moment, or after one that follows it by an hour at most."""
    return {f"{moment + timedelta(days=days, hours=hours):%Y-%m-%d}" for hours in (0, 1)}


def test_erasing_a_user_serves_a_model_of_the_same_chunk_that_never_knew_them(in_production, served, monkeypatch):
    run_id, version = in_production
    monkeypatch.setenv("MATINEE_KEEP_VERSIONS", "40")
    assert "u1" in histories_in(run_id)
    matinee("ingest", "--run-id", "not trained on yet")
    shown, now = ShownLists(load_settings()), datetime.now(UTC)
    shown.add([ShownList("u1", ["m1"], now)])
    train_model(Stores.of(load_settings()), 1, Specification.parse("popular"))  # and never registered
    Comparisons(load_settings()).keep("a pair", 1, now, {"u1": (0.4, 0.3), "u2": (0.2, 0.1)})
    around_now = now - timedelta(hours=1), now + timedelta(hours=1)
    assert shown.ignored("u1", *around_now) == {"m1"}
    erased = matinee("erase", "u1")
    assert shown.ignored("u1", *around_now) == set()
    assert served == [erased["version"]] != [version]
    current = Registry(load_settings()).production()
    assert (current.version, current.chunk_id) == (erased["version"], 1)
    assert "u1" not in histories_in(current.run_id)
    remains = {each["place"]: each for each in erased["remains"]}
    assert remains[f"version {version}"]["until"] in days_from(now, 39)  # one newer version is there already
    assert "per_user.parquet" in remains[f"version {version}"]["note"]
    assert remains["runs without a version"]["until"] in days_from(now, 30)
    assert "per_user.parquet of 1," in remains["runs without a version"]["note"]
    assert remains["evidence of the gate in the database"]["until"] in days_from(now, PAIR_DAYS)
    assert matinee("erase", "u1")["version"] == erased["version"]  # done once, however often it is asked for
    assert len(matinee("versions")["versions"]) == 2


def test_an_erasure_whose_deployment_failed_goes_on_where_it_stopped(in_production, monkeypatch, unused_port):
    monkeypatch.setenv("MATINEE_API_PORT", str(unused_port))
    assert "API server" in matinee("erase", "u1", code=4)["error"]
    asked: list[str] = []
    monkeypatch.setattr(erase_module, "deploy_model", lambda _stores, version: asked.append(version))
    assert matinee("erase", "u1")["version"] == asked[0] != in_production[1]
    assert len(matinee("versions")["versions"]) == 2


@pytest.mark.usefixtures("in_production")
def test_somebody_is_erased_although_the_newest_chunk_of_production_was_left_out_since(served, home):
    chunk_id, run_id = train_through_the_next_chunk("second")
    matinee("evaluate", "--run-id", run_id)
    matinee("promote", "--run-id", run_id)
    matinee("watch", str(chunk_id), "--leave-out", "--reason", "robots")
    version = matinee("erase", "u1")["version"]
    current = Registry(load_settings()).production()
    assert served == [version] == [current.version]
    assert "u1" not in histories_in(current.run_id)
    first = pl.read_parquet(home / "ratings" / "chunk-00001.parquet").filter(pl.col("user_id") != "u1")
    assert Registry(load_settings()).training_run(current.run_id).metrics["n_ratings"] == first.height


def test_somebody_is_erased_although_the_model_in_production_was_deleted_in_mlflow(in_production, served):
    FeedbackStore(load_settings()).withdraw("u1")
    delete_model(in_production[0])
    assert prune_home(Stores.of(load_settings()), dry_run=True)["removed"][0]["n"] == 1
    version = matinee("erase", "u1")["version"]
    current = Registry(load_settings()).production()
    assert served == [version] == [current.version] != [in_production[1]]
    assert "u1" not in histories_in(current.run_id)


def test_erasing_somebody_whom_nobody_knows_is_exit_code_2_and_changes_nothing():
    matinee("ingest", "--run-id", "first")
    assert "Nobody knows user nobody" in matinee("erase", "nobody", code=2)["error"]
    assert FeedbackStore(load_settings()).newest_withdrawal() == 0


def test_an_erasure_leaves_what_is_served_with_the_next_run_although_the_gate_rejects_it(in_production, served):
    FeedbackStore(load_settings()).withdraw("u1")
    _, run_id = train_through_the_next_chunk("rejected")
    matinee("evaluate", "--run-id", run_id)
    MlflowClient().set_tag(run_id, "matinee.verdict", "reject")
    result = matinee("promote", "--run-id", run_id, code=3)
    current = Registry(load_settings()).production()
    assert served == [current.version] == [result["retrained"]]
    assert current.version not in (result["model_version"], in_production[1])
    assert current.chunk_id == 1, "what the gate rejected is not served"
    assert "u1" not in histories_in(current.run_id)
    assert matinee("promote", "--run-id", run_id, code=3)["retrained"] is None


@pytest.mark.usefixtures("in_production")
def test_a_model_that_was_trained_before_an_erasure_does_not_bring_them_back(served):
    _, run_id = train_through_the_next_chunk("second")
    FeedbackStore(load_settings()).withdraw("u1")
    matinee("evaluate", "--run-id", run_id)
    result = matinee("promote", "--run-id", run_id)
    current = Registry(load_settings()).production()
    assert result["promoted"]
    assert served == [current.version] == [result["retrained"]] != [result["model_version"]]
    assert current.chunk_id == 2
    assert "u1" not in histories_in(current.run_id)


def test_a_rejected_run_after_which_nobody_was_erased_changes_nothing(in_production, served):
    FeedbackStore(load_settings()).withdraw("u1", "m1")  # one rating; the next model does without it
    _, run_id = train_through_the_next_chunk("rejected")
    matinee("evaluate", "--run-id", run_id)
    MlflowClient().set_tag(run_id, "matinee.verdict", "reject")
    assert matinee("promote", "--run-id", run_id, code=3)["retrained"] is None
    assert (served, Registry(load_settings()).production().version) == ([], in_production[1])


def test_an_erasure_leaves_in_the_night_when_no_run_gets_to_a_model(in_production, monkeypatch, served):
    FeedbackStore(load_settings()).withdraw("u1")
    stores = Stores.of(load_settings())
    assert prune_home(stores, dry_run=True)["removed"][0]["n"] == 1
    with monkeypatch.context() as patch:
        patch.setattr(erase_module, "deploy_model", unreachable)
        assert "away" in prune_home(stores, dry_run=False)["removed"][0]["problem"]
    assert prune_home(stores, dry_run=False)["removed"][0]["n"] == 1, "it is deployed when the server is back"
    current = Registry(load_settings()).production()
    assert served == [current.version] != [in_production[1]]
    assert "u1" not in histories_in(current.run_id)


def unreachable(_stores: Stores, version: str) -> None:
    raise DependencyUnreachable(f"The API server is away, which should serve {version}.", "Start it.")


def histories_in(run_id: str) -> dict[str, list[str]]:
    """Ids of the movies that a logged model holds for each user."""
    registry = Registry(load_settings())
    with registry.downloaded(registry.training_run(run_id)) as folder:
        loaded = artifact.load(folder)
        movie_ids = list(loaded.item_index)
        return {
            user_id: [movie_ids[item] for item in loaded.model.histories.of(row).items]
            for user_id, row in loaded.user_index.items()
        }


@pytest.fixture
def broken_day(home):
    """Id of a chunk, after a first one in production, all of whose ratings are 5."""
    day = pl.col("rated_at") >= pl.datetime(2020, 1, 16, time_zone="UTC")
    broken = two_tastes().with_columns(rating=pl.when(day).then(5).otherwise("rating"))
    broken.write_csv(home.parent / "ratings.csv")
    _, run_id = train_through_the_next_chunk("first")
    matinee("evaluate", "--run-id", run_id)
    matinee("promote", "--run-id", run_id)
    return matinee("ingest", "--run-id", "broken")["chunk_id"]


def test_a_broken_chunk_stops_before_training_with_exit_code_3_and_one_line_that_helps(broken_day):
    errors = [matinee("train", "--chunk-id", str(broken_day), code=3)["error"] for _ in range(2)]
    assert errors[0] == errors[1]  # a retry changes nothing
    assert errors[0].count("\n") == 1
    for part in ("are 5.0.", "/artifacts/data_watch.html", f"matinee watch {broken_day} --accept --reason"):
        assert part in errors[0]
    client = MlflowClient(load_settings().mlflow)
    (run,) = client.search_runs(
        [Registry(load_settings())._experiment_id()], f"tags.`matinee.refused_chunk` = '{broken_day}'"
    )
    artifacts = client.list_artifacts(run.info.run_id)
    assert (run.info.status, [each.path for each in artifacts]) == ("FINISHED", ["data_watch.html"])


def test_a_refused_chunk_is_left_out_of_the_next_training_until_somebody_accepts_it(broken_day, home):
    assert matinee("watch", str(broken_day), code=3)["is_learned_from"] is False
    watched = matinee("watch", str(broken_day), "--accept", "--reason", "a festival")
    assert (watched["verdict"], watched["is_learned_from"]) == ("refused", True)
    assert watched["decision"]["reason"] == "a festival"
    run_id = matinee("train", "--chunk-id", str(broken_day))["run_id"]
    learned = Registry(load_settings()).training_run(run_id).metrics["n_ratings"]
    client = MlflowClient(load_settings().mlflow)
    assert "data_watch.html" in [each.path for each in client.list_artifacts(run_id)]
    matinee("watch", str(broken_day), "--leave-out", "--reason", "it was none")
    assert "it was none" in matinee("train", "--chunk-id", str(broken_day), code=3)["error"]
    chunk_id = matinee("ingest", "--run-id", "third")["chunk_id"]
    matinee("watch", str(chunk_id), "--accept", "--reason", "all days are like that")
    run_id = matinee("train", "--chunk-id", str(chunk_id))["run_id"]
    sizes = [pl.read_parquet(path).height for path in sorted((home / "ratings").glob("*.parquet"))]
    assert learned == sizes[0] + sizes[1]
    assert Registry(load_settings()).training_run(run_id).metrics["n_ratings"] == sizes[0] + sizes[2]


def test_with_the_watch_off_a_broken_chunk_is_reported_and_learned_from(broken_day, monkeypatch):
    monkeypatch.setenv("MATINEE_WATCH", "off")
    run_id = matinee("train", "--chunk-id", str(broken_day))["run_id"]
    assert matinee("watch", str(broken_day))["verdict"] == "refused"
    assert matinee("evaluate", "--run-id", run_id)["verdict"]


@pytest.mark.parametrize(
    "arguments", [["--accept"], ["--accept", "--leave-out", "--reason", "x"], ["--reason", "x"]], ids=str
)
def test_half_a_decision_about_a_chunk_is_exit_code_2(broken_day, arguments):
    assert "--accept or --leave-out" in matinee("watch", str(broken_day), *arguments, code=2)["error"]


def test_days_that_were_missed_are_trained_once_and_judged_on_the_last():
    now = [datetime(2020, 1, 16, 12, tzinfo=UTC)]
    with clock.pretended(lambda: now[0]):
        matinee("evaluate", "--run-id", train_through_the_next_chunk("first")[1])
        now[0] += timedelta(days=2)
        taken = matinee("ingest", "--run-id", "after two days away")
        run_id = matinee("train", "--chunk-id", str(taken["chunk_id"]))["run_id"]
        evaluated = matinee("evaluate", "--run-id", run_id)
    assert taken["chunk_ids"] == [2, 3]
    client, ledger = MlflowClient(load_settings().mlflow), ChunkLedger(load_settings())
    run = client.get_run(run_id)
    trained = client.search_runs([run.info.experiment_id])
    assert sorted(each.data.tags["matinee.chunk_id"] for each in trained) == ["1", "3"]
    assert run.data.metrics["n_ratings"] == sum(chunk.n_ratings for chunk in ledger.chunks())
    judges = set(pl.read_parquet(client.download_artifacts(run_id, "per_user.parquet"))["user_id"])
    missed, last = (set(ledger.ratings_of(chunk_id)["user_id"]) for chunk_id in (2, 3))
    assert judges <= last
    assert not judges <= missed
    assert evaluated["metrics"]["n_evaluated_users"] == len(judges)


def test_a_day_of_late_ratings_only_is_learned_and_promoted(tmp_path):
    now, path = [datetime(2020, 1, 16, 12, tzinfo=UTC)], tmp_path / "ratings.csv"
    ratings = two_tastes()
    with clock.pretended(lambda: now[0]):
        matinee("promote", "--run-id", evaluated(train_through_the_next_chunk("first")[1]))
        now[0] += timedelta(days=900)
        extra = ratings.head(1).with_columns(movie_id=pl.lit("m0"), rated_at=now[0] - timedelta(days=1))
        pl.concat([ratings.filter(pl.col("rated_at") < now[0] - timedelta(days=899)), extra]).write_csv(path)
        matinee("promote", "--run-id", evaluated(train_through_the_next_chunk("the clock was wrong")[1]))
        now[0] -= timedelta(days=897)
        pl.concat([ratings, extra]).write_csv(path)
        taken = matinee("ingest", "--run-id", "and was set right")
        run_id = matinee("train", "--chunk-id", str(taken["chunk_id"]))["run_id"]
        found = matinee("evaluate", "--run-id", run_id)
        promoted = matinee("promote", "--run-id", run_id)
    assert (taken["n_late"], taken["n_ratings"]) == (taken["n_ratings"], taken["n_late"]) > (0, 0)
    assert found["verdict"] == "promote"
    assert promoted["model_version"] is not None


def evaluated(run_id: str) -> str:
    assert matinee("evaluate", "--run-id", run_id)["verdict"] == "promote"
    return run_id
