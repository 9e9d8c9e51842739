"""Log a written artifact as a model that any MLflow tool can load: a pyfunc written as models from code.

The files are those of `mlflow.pyfunc.log_model`, without importing mlflow, which would cost each training seconds.
"""

import json
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import polars as pl

from matinee import artifact
from matinee.clients.mlflow_client import MlflowClient
from matinee.clients.mlflow_files import MlflowFiles
from matinee.clients.mlflow_records import MlflowRun

_PACKAGE = Path(__file__).parents[2]
_CODE = _PACKAGE / "artifact" / "pyfunc.py"

MODEL_ID = "matinee.model_id"
"""Tag of a run: the model that it logged."""

Json = Mapping[str, object]


def log_model(
    client: MlflowClient, files: MlflowFiles, run: MlflowRun, parameters: Mapping[str, object], folder: Path
) -> None:
    """Log the artifact in `folder` to a run, as a pyfunc; the tag `MODEL_ID` then names it.

    Raises:
        MlflowError: MLflow does not take it.
    """
    model = client.create_logged_model(run.info.experiment_id, run.info.run_id, "model", parameters)
    for name, path in _copied(folder):
        files.upload(model.artifact_uri, name, path)
    written = _written(folder, model.model_id, run.info.run_id)
    for name, content in written.items():
        files.upload(model.artifact_uri, name, content.encode())
    client.finish_logged_model(run.info.run_id, model.model_id)
    client.set_tag(run.info.run_id, MODEL_ID, model.model_id)


def _copied(folder: Path) -> Iterator[tuple[str, Path]]:
    """The code, the artifact, and the code that ranks with it: name in the model, and file."""
    yield _CODE.name, _CODE
    for name, source, pattern in ((artifact.FOLDER, folder, "*"), ("ranking", _PACKAGE / "ranking", "*.py")):
        for path in sorted(source.rglob(pattern)):
            if path.is_file():
                yield f"artifacts/{name}/{path.relative_to(source).as_posix()}", path


def _written(folder: Path, model_id: str, run_id: str) -> dict[str, str]:
    """What MLflow reads of a model before it runs its code, by name. JSON is YAML, too."""
    python, requirements = platform.python_version(), _requirements()
    people = pl.read_parquet(folder / artifact.USERS, columns=["user_id"], n_rows=1)["user_id"].to_list()
    example: Json = {"columns": ["user_id"], "data": [[user_id] for user_id in people]}
    conda: Json = {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python={python}", "pip", {"pip": requirements}],
    }
    environment: Json = {
        "python": python,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }
    return {
        "input_example.json": json.dumps(example),
        "serving_input_example.json": _text({"dataframe_split": example}),
        "requirements.txt": "\n".join(requirements),
        "conda.yaml": _text(conda),
        "python_env.yaml": _text(environment),
        "MLmodel": _text(_ml_model(model_id, run_id, python)),
    }


def _requirements() -> list[str]:
    return [f"mlflow=={version('mlflow')}", "numpy", "pandas", "pyarrow", "safetensors"]


def _ml_model(model_id: str, run_id: str, python: str) -> Json:
    """The file `MLmodel`, https://mlflow.org/docs/latest/ml/model/#mlmodel-file; a signature is JSON inside a text."""
    pyfunc: Json = {
        "loader_module": "mlflow.pyfunc.loaders.code_model",
        "model_code_path": _CODE.name,
        "artifacts": {name: {"path": f"artifacts/{name}", "uri": ""} for name in (artifact.FOLDER, "ranking")},
        "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
        "python_version": python,
        "streamable": False,
    }
    signature: Json = {
        "inputs": json.dumps([{"type": "string", "name": "user_id", "required": True}]),
        "outputs": None,
        "params": json.dumps([{"name": "k", "default": 10, "shape": None, "type": "long"}]),
    }
    return {
        "flavors": {"python_function": pyfunc},
        "mlflow_version": version("mlflow"),
        "model_id": model_id,
        "model_uuid": model_id,
        "run_id": run_id,
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
        },
        "signature": signature,
        "utc_time_created": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}",
    }


def _text(value: Json) -> str:
    return json.dumps(value, indent=2)
