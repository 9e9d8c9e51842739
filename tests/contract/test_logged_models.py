"""Logged models of different code, in one process, through MLflow alone; those of matinee 0.1 among them."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import pandas as pd
import polars as pl
import pytest
import yaml
from mlflow.entities import LoggedModelStatus
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from tests.fixtures.make_old_home import unpack

from matinee import artifact
from matinee.lifecycle.registry import Registry, Training
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender
from matinee.ranking import recommend
from matinee.settings import Settings

pytestmark = pytest.mark.usefixtures("own_models")

OLD_HOME = Path(__file__).parents[1] / "fixtures" / "home-0.1.tar.xz"
USER = pd.DataFrame({"user_id": ["u7"]})
NO_MOVIES = pl.DataFrame(
    schema={"movie_id": pl.String, "title": pl.String, "year": pl.Int32, "genres": pl.List(pl.String)}
)

REVERSED = """
in_order = best_of


def best_of(rows, scores, k):
    return in_order(rows, -scores, k)
"""

SIGNATURE = ModelSignature(
    inputs=Schema([ColSpec(DataType.string, "user_id")]), params=ParamSchema([ParamSpec("k", DataType.long, 10)])
)

LOG = """
import sys
from datetime import UTC, datetime
from pathlib import Path

from matinee.artifact import read_manifest
from matinee.lifecycle.registry import Registry, Training
from matinee.settings import Settings

registry, folder = Registry(Settings(mlflow_url=sys.argv[1], _env_file=None)), Path(sys.argv[2])
training = Training(read_manifest(folder), folder, {}, {}, datetime.now(UTC))
assert registry.training_run(registry.log_training(training)).source
assert "mlflow" not in sys.modules
"""
"""Logs a training as a process of its own does, since MLflow is imported here."""


@pytest.fixture
def logged(mlflow_url, tmp_path, ratings) -> Path:
    """A folder as MLflow keeps it."""
    registry = Registry(Settings(home=tmp_path, mlflow_url=mlflow_url, _env_file=None))
    interactions = Interactions.from_ratings(ratings, [f"m{movie}" for movie in range(40)], 4.0, datetime.now(UTC))
    fitted = fit(recommender("ease"), interactions)
    folder = tmp_path / artifact.FOLDER
    manifest = artifact.write(folder, fitted.contents("ease", interactions, 1), NO_MOVIES)
    run_id = registry.log_training(Training(manifest, folder, {}, {"fit_s": 0.5}, datetime.now(UTC)))
    source = registry.training_run(run_id).source
    return Path(mlflow.artifacts.download_artifacts(source, dst_path=str(tmp_path / "logged")))


@pytest.fixture(scope="module")
def old_models(tmp_path_factory) -> list[Path]:
    """The models that matinee 0.1 logged, each with the one file of its ranking."""
    root = tmp_path_factory.mktemp("old")
    unpack(OLD_HOME, root)
    return sorted((root / ".matinee" / "mlartifacts").glob("*/models/*/artifacts"))


def patched(logged: Path, name: str, module: str, line: str) -> Path:
    """A copy whose code has one more line at its end."""
    copy = Path(shutil.copytree(logged, logged.with_name(name)))
    with (copy / "artifacts" / "ranking" / module).open("a") as file:
        file.write(f"\n{line}\n")
    return copy


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def movies_of(model: mlflow.pyfunc.PyFuncModel) -> list[str]:
    return model.predict(USER, params={"k": 5})["movie_id"].to_list()


def private_modules() -> set[str]:
    return {name for name in sys.modules if name.startswith("matinee_ranking_")}


def test_the_code_of_ranking_is_logged_as_a_folder_without_what_python_compiled(logged):
    files = {path.name for path in (logged / "artifacts" / "ranking").rglob("*")}
    assert {"__init__.py", "recommend.py", "scorer.py"} <= files
    assert not {name for name in files if not name.endswith(".py")}


def test_a_logged_model_has_the_files_that_mlflow_itself_writes_and_they_say_the_same(logged, tmp_path):
    user_id = pl.read_parquet(logged / "artifacts" / artifact.FOLDER / artifact.USERS)["user_id"][0]
    mlflow.pyfunc.save_model(
        path=tmp_path / "beside",
        python_model=str(logged / "pyfunc.py"),
        artifacts={name: str(logged / "artifacts" / name) for name in (artifact.FOLDER, "ranking")},
        pip_requirements=(logged / "requirements.txt").read_text().splitlines(),
        signature=SIGNATURE,
        input_example=pd.DataFrame({"user_id": [user_id]}),
    )
    ours, theirs = files_of(logged), files_of(tmp_path / "beside")
    assert set(ours) == set(theirs)
    assert {name for name in ours if ours[name] != theirs[name]} == {"MLmodel", "conda.yaml", "python_env.yaml"}
    own, other = (yaml.safe_load(files["MLmodel"]) for files in (ours, theirs))
    own_code, other_code = (each["flavors"].pop("python_function") for each in (own, other))
    for name in ("mlflow_version", "saved_input_example_info", "signature"):
        assert own[name] == other[name]
    for name in ("loader_module", "env", "python_version", "streamable"):
        assert own_code[name] == other_code[name]
    paths = [{name: each["path"] for name, each in code["artifacts"].items()} for code in (own_code, other_code)]
    assert paths[0] == paths[1]
    packages = [yaml.safe_load(files["conda.yaml"])["dependencies"][-1] for files in (ours, theirs)]
    assert packages[0] == packages[1]


def test_a_logged_model_is_ready_and_its_run_made_it_with_the_parameters_of_the_run(logged):
    model_id = yaml.safe_load((logged / "MLmodel").read_text())["model_id"]
    model = mlflow.get_logged_model(model_id)
    run = mlflow.get_run(model.source_run_id)
    assert model.status == LoggedModelStatus.READY
    assert [each.model_id for each in run.outputs.model_outputs] == [model_id]
    assert model.params == run.data.params


def test_a_model_is_logged_without_importing_mlflow(mlflow_url, logged, tmp_path):
    script = tmp_path / "log.py"
    script.write_text(LOG)
    folder = logged / "artifacts" / artifact.FOLDER
    command = [sys.executable, str(script), mlflow_url, str(folder)]
    subprocess.run(command, check=True, env=os.environ | {"MATINEE_HOME": str(tmp_path)})


def test_two_versions_in_one_process_each_run_their_own_code(logged):
    reversing = patched(logged, "reversing", "topk.py", REVERSED)
    first, other, again = (mlflow.pyfunc.load_model(str(folder)) for folder in (logged, reversing, logged))
    lists = [movies_of(model) for model in (first, other, first, again)]
    assert lists[0] == lists[2] == lists[3] != lists[1]


def test_a_load_that_fails_halfway_leaves_nothing_that_breaks_the_next(logged):
    broken = patched(logged, "broken", "blend.py", "raise OSError('killed')")
    before = private_modules()
    with pytest.raises(OSError, match="killed"):
        mlflow.pyfunc.load_model(str(broken))
    assert private_modules() == before
    assert len(movies_of(mlflow.pyfunc.load_model(str(logged)))) == 5


def test_models_that_matinee_0_1_logged_rank_in_mlflow_as_here(old_models, logged):
    kinds = set()
    for folder in old_models:
        old = mlflow.pyfunc.load_model(str(folder))
        new = mlflow.pyfunc.load_model(str(logged))
        loaded = artifact.load(folder / "artifacts" / artifact.FOLDER)
        kinds.add(loaded.manifest.kind)
        expected = recommend(loaded.model, loaded.user_index["u7"], k=5)
        answer = old.predict(USER, params={"k": 5})
        assert answer["movie_id"].to_list() == [loaded.movies["movie_id"][int(item)] for item in expected.items]
        assert answer["score"].to_list() == pytest.approx(expected.scores.tolist(), rel=1e-3)
        assert len(movies_of(new)) == 5
    assert kinds == {"factors", "item_item", "blend", "popularity"}
