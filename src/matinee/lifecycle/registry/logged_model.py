"""Log a written artifact as a model that any MLflow tool can load."""

import shutil
import tempfile
from pathlib import Path

import mlflow
import polars as pl
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

from matinee import artifact

_PACKAGE = Path(__file__).parents[2]


def log_model(folder: Path) -> str:
    """Log the artifact as a pyfunc; returns the id of the logged model."""
    signature = ModelSignature(
        inputs=Schema([ColSpec(DataType.string, "user_id")]), params=ParamSchema([ParamSpec("k", DataType.long, 10)])
    )
    example = pl.read_parquet(folder / artifact.USERS, columns=["user_id"], n_rows=1).to_pandas()
    with tempfile.TemporaryDirectory() as code:
        ranking = Path(code) / "ranking"
        shutil.copytree(_PACKAGE / "ranking", ranking, ignore=shutil.ignore_patterns("__pycache__"))
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(_PACKAGE / "artifact" / "pyfunc.py"),
            artifacts={artifact.FOLDER: str(folder), "ranking": str(ranking)},
            pip_requirements=[f"mlflow=={mlflow.__version__}", "numpy", "pandas", "pyarrow", "safetensors"],
            signature=signature,
            input_example=example,
        )
    return str(info.model_id)
