"""The registry against a real MLflow server."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import mlflow
import pandas as pd
import polars as pl
import pytest
from mlflow import MlflowClient

from matinee import artifact
from matinee.clients import mlflow_client, mlflow_http
from matinee.clients.mlflow_rest import ALIAS
from matinee.errors import DependencyUnreachable, NotFound
from matinee.evaluation.backtest import Backtest
from matinee.evaluation.decision import Decision
from matinee.lifecycle.registry import Connection, Registry, Training
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender
from matinee.models.specification import Specification
from matinee.ranking import recommend
from matinee.settings import Settings

pytestmark = pytest.mark.usefixtures("own_models")

NO_MOVIES = pl.DataFrame(
    schema={"movie_id": pl.String, "title": pl.String, "year": pl.Int32, "genres": pl.List(pl.String)}
)


@dataclass
class Loop:
    """Logs, registers and decides as the stages do, on data that is small."""

    settings: Settings
    folder: Path
    interactions: Interactions
    chunk_id: int = 0
    ahead: timedelta = timedelta()
    """How far the clock is ahead."""

    def __post_init__(self) -> None:
        self.registry = Registry(self.settings)

    def train(self, **hyperparameters: float) -> str:
        self.chunk_id += 1
        als = recommender("als", {"factors": 4, **hyperparameters})
        target = self.folder / str(self.chunk_id) / artifact.FOLDER
        contents = fit(als, self.interactions).contents("als", self.interactions, self.chunk_id)
        manifest = artifact.write(target, contents, NO_MOVIES)
        return self.registry.log_training(
            Training(manifest, target, als.parameters, {"fit_s": 0.5}, datetime.now(UTC) + self.ahead)
        )

    def register(self, verdict: str = "promote") -> str:
        run = self.registry.training_run(self.train())
        decision = Decision(rule="rule", verdict=verdict, reason="It is so.", numbers={"ndcg_at_10": 0.5})
        self.registry.log_evaluation(run, {"ndcg_at_10": 0.5}, Backtest.nobody().per_user, decision)
        return self.registry.register(self.registry.training_run(run.run_id))

    def stages(self) -> dict[str, str]:
        return {each.version: each.stage for each in self.registry.versions()}


@pytest.fixture
def loop(mlflow_url, tmp_path, ratings):
    settings = Settings(home=tmp_path, mlflow_url=mlflow_url, _env_file=None)
    interactions = Interactions.from_ratings(ratings, [f"m{movie}" for movie in range(40)], 4.0, datetime.now(UTC))
    return Loop(settings, tmp_path, interactions)


def test_a_training_keeps_its_parameters_metrics_and_provenance(loop):
    run = loop.registry.training_run(loop.train(regularization=7.5))
    assert (run.algorithm, run.chunk_id, run.verdict) == ("als", 1, None)
    assert run.hyperparameters["regularization"] == 7.5
    assert run.metrics == {"fit_s": 0.5}
    assert run.data_through == loop.interactions.data_through


def test_a_logged_model_ranks_in_any_mlflow_tool_as_the_server_does(loop):
    first, second = (loop.registry.training_run(loop.train(factors=factors)) for factors in (4, 2))
    for run in (first, second):  # both in one process: neither may run the other's code
        with loop.registry.downloaded(run) as folder:
            loaded = artifact.load(folder)
        expected = recommend(loaded.model, loaded.user_index["u7"], k=5)
        answer = mlflow.pyfunc.load_model(run.source).predict(pd.DataFrame({"user_id": ["u7"]}), params={"k": 5})
        movie_ids = [loaded.movies["movie_id"][int(item)] for item in expected.items]
        assert answer["movie_id"].to_list() == movie_ids
        assert answer["policy"].to_list() == [expected.policy] * 5
        assert answer["score"].to_list() == pytest.approx(expected.scores.tolist())


def test_a_logged_model_answers_people_it_does_not_know(loop):
    model = mlflow.pyfunc.load_model(loop.registry.training_run(loop.train()).source)
    answer = model.predict(pd.DataFrame({"user_id": ["nobody"]}))
    assert (len(answer), set(answer["policy"])) == (10, {"popular"})


def test_no_logged_file_is_a_pickle(loop):
    run = loop.registry.training_run(loop.train())
    folder = Path(mlflow.artifacts.download_artifacts(run.source, dst_path=str(loop.folder / "all")))
    suffixes = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert suffixes.isdisjoint({".pkl", ".pickle", ".joblib", ".pt"})
    assert {"manifest.json", "arrays.safetensors"} <= {path.name for path in folder.rglob("*")}


def test_registering_a_run_twice_gives_one_version(loop):
    version = loop.register()
    (run_id,) = (each.run_id for each in loop.registry.versions() if each.version == version)
    assert loop.registry.register(loop.registry.training_run(run_id)) == version


def test_a_version_says_whose_metrics_it_carries(loop):
    version = loop.register()
    known = MlflowClient().get_model_version(Connection.name, version)
    assert known.tags["metrics_of"] == "the model before it, without chunk 1"


def test_there_is_one_production_and_all_earlier_versions_are_archived(loop):
    versions = [loop.register() for _ in range(3)]
    for version in versions:
        loop.registry.move_production(version)
        stages = loop.stages()
        assert [each for each, stage in stages.items() if stage == "production"] == [version]
        assert {stage for each, stage in stages.items() if int(each) < int(version)} <= {"archived", "rejected"}
        assert loop.registry.production().version == version


def test_tags_are_repaired_from_the_alias(loop):
    older, newer = loop.register(), loop.register()
    loop.registry.move_production(newer)
    client = MlflowClient()
    client.set_model_version_tag(Connection.name, older, "stage", "production")
    client.set_model_version_tag(Connection.name, newer, "stage", "archived")
    loop.registry.repair()
    assert (loop.stages()[older], loop.stages()[newer]) == ("archived", "production")


def test_production_that_was_moved_in_mlflow_itself_is_respected(loop):
    older, newer = loop.register(), loop.register()
    loop.registry.move_production(newer)
    MlflowClient().set_registered_model_alias(Connection.name, ALIAS, older)
    loop.registry.repair()
    assert (loop.stages()[older], loop.stages()[newer]) == ("production", "archived")


def test_a_rejected_version_stays_rejected_when_others_move(loop):
    rejected, good = loop.register("reject"), loop.register()
    loop.registry.reject(rejected, "It is worse.")
    loop.registry.move_production(good)
    assert loop.stages()[rejected] == "rejected"


def test_a_version_that_nobody_decided_on_is_left_alone(loop):
    good, undecided = loop.register(), loop.register()
    loop.registry.move_production(good)
    assert loop.stages()[undecided] == ""


def test_a_finished_training_is_found_again_and_a_killed_one_is_marked(loop):
    run_id = loop.train()
    parameters = loop.registry.training_run(run_id).hyperparameters
    run = MlflowClient().get_run(run_id)
    killed = MlflowClient().create_run(run.info.experiment_id, tags=run.data.tags)
    assert loop.registry.finished_training(1, "als", parameters) is not None
    assert MlflowClient().get_run(killed.info.run_id).info.status == "KILLED"
    assert loop.registry.finished_training(1, "als", {**parameters, "factors": 99}) is None


def spoil(run_id: str, tag: str, value: str | None) -> None:
    """Change a tag, as people can in MLflow, or remove it."""
    if value is None:
        MlflowClient().delete_tag(run_id, tag)
    else:
        MlflowClient().set_tag(run_id, tag, value)


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("matinee.model_id", None),
        ("matinee.chunk_id", "the second"),
        ("matinee.hyperparameters", "[4]"),
        ("matinee.data_through", None),
        ("matinee.data_through", "1998-04-22T00:00:00"),
        ("matinee.choices", "{}"),
    ],
)
def test_a_run_whose_tags_somebody_spoilt_is_no_training_and_stands_in_nobody_s_way(loop, tag, value):
    older, spoilt, newest = (loop.registry.version(loop.register()).run_id for _ in range(3))
    run, last = loop.registry.training_run(spoilt), loop.registry.training_run(newest)
    own = run.chunk_id, "als", run.hyperparameters
    assert loop.registry.finished_training(*own) == spoilt
    spoil(spoilt, tag, value)
    with pytest.raises(NotFound, match=spoilt):
        loop.registry.training_run(spoilt)
    assert loop.registry.finished_training(*own) is None, "who asks for it again gets another one"
    assert [each.run_id for each in loop.registry.earlier_trainings(last)] == [older]
    assert loop.registry.trainings_on(last, run.chunk_id) == []
    spoil(newest, tag, value)
    assert loop.registry.newest_refresh().run_id == older
    assert [each.stage for each in loop.registry.versions()] == ["", "", ""]


@pytest.mark.parametrize("text", ["als (the good one):x", "als (the good one)", "popular"])
def test_a_run_whose_specification_somebody_edited_is_of_what_was_trained(loop, text):
    run = loop.registry.training_run(loop.train(regularization=0.02))
    spoil(run.run_id, "matinee.specification", text)
    read = Specification.parse(loop.registry.training_run(run.run_id).specification)
    assert (read.algorithm, read.recommender().parameters) == ("als", run.hyperparameters)


def test_a_version_whose_tags_somebody_spoilt_is_still_one(loop):
    version = loop.register()
    assert loop.registry.version(version).data_through == loop.interactions.data_through.isoformat()
    for tag, value in (("chunk_id", "-1.5"), ("data_through", "yesterday")):
        MlflowClient().set_model_version_tag(Connection.name, version, tag, value)
    (read,) = loop.registry.versions()
    assert (read.version, read.chunk_id, read.data_through) == (version, 0, "")


@pytest.mark.parametrize("told", ["20260101", "-1.5", None])
def test_what_production_has_learned_is_told_by_its_run(loop, told):
    version = loop.register()
    loop.registry.move_production(version)
    for tag in ("chunk_id", "data_through"):
        if told is None:
            MlflowClient().delete_model_version_tag(Connection.name, version, tag)
        else:
            MlflowClient().set_model_version_tag(Connection.name, version, tag, told)
    read = Registry(loop.settings).production()
    assert (read.chunk_id, read.data_through) == (1, loop.interactions.data_through.isoformat())


def test_what_production_has_learned_is_told_by_its_version_when_the_run_says_nothing(loop):
    version = loop.register()
    loop.registry.move_production(version)
    spoil(loop.registry.version(version).run_id, "matinee.chunk_id", None)
    assert Registry(loop.settings).production().chunk_id == 1


def test_a_version_that_somebody_made_of_a_run_is_told_what_it_has_learned(loop):
    loop.register()
    run = loop.registry.training_run(loop.train())
    made = MlflowClient().create_model_version(Connection.name, run.source, run.run_id, model_id=run.model_id)
    assert loop.registry.register(run) == str(made.version)
    tags = MlflowClient().get_model_version(Connection.name, made.version).tags
    assert (tags["run_id"], tags["chunk_id"]) == (run.run_id, "2")
    assert tags["data_through"] == run.data_through.isoformat()


def test_the_decision_is_kept_as_a_readable_record(loop):
    version = loop.register()
    (run_id,) = (each.run_id for each in loop.registry.versions() if each.version == version)
    record = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="decision.json"))
    assert Decision.model_validate_json(record.read_text()).reason == "It is so."


def test_the_newest_day_is_that_of_the_newest_chunk_although_a_clock_was_ahead(loop):
    loop.ahead = timedelta(days=365)
    loop.register()
    loop.ahead = timedelta()
    version = loop.register()
    assert loop.registry.newest_refresh().run_id == loop.registry.version(version).run_id


def test_a_run_or_version_that_does_not_exist_is_said_to_be_missing(loop):
    with pytest.raises(NotFound):
        loop.registry.training_run("0" * 32)
    with pytest.raises(NotFound):
        loop.registry.move_production("99999")


def test_a_run_whose_model_somebody_deleted_is_told_by_what_is_missing(loop):
    run = loop.registry.training_run(loop.train())
    MlflowClient().delete_logged_model(run.model_id)
    with pytest.raises(NotFound, match=f"no model of run {run.run_id}"):
        loop.registry.training_run(run.run_id)


def test_a_run_that_somebody_deleted_takes_no_metric(loop):
    run = loop.registry.training_run(loop.train())
    MlflowClient().delete_run(run.run_id)
    with pytest.raises(NotFound, match="deleted"):
        loop.registry.log_metrics(run, {"sound": 0.0})


def test_mlflow_being_down_is_an_error_that_says_what_to_do(tmp_path, unused_port):
    settings = Settings(home=tmp_path, mlflow_port=unused_port, _env_file=None)
    with pytest.raises(DependencyUnreachable, match="matinee status"):
        Registry(settings)


def test_mlflow_dying_later_is_the_same_error(loop, monkeypatch, unused_port):
    monkeypatch.setattr(mlflow_http, "PAUSE_S", 0.01)
    monkeypatch.setattr(loop.registry, "_client", mlflow_client.MlflowClient(f"http://127.0.0.1:{unused_port}"))
    with pytest.raises(DependencyUnreachable):
        loop.registry.versions()


def test_mlflow_s_pages_are_there(mlflow_url):
    assert '<div id="root"' in httpx.get(mlflow_url).text
