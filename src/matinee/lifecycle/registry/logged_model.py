"""Log a written artifact as a model that any MLflow tool can load."""

import shutil
import tempfile
from pathlib import Path

import polars as pl

from matinee import artifact

_PACKAGE = Path(__file__).parents[2]


MODEL_ID = "matinee.model_id"
"""Tag of a run: the model that it logged."""


def log_model(url: str, run_id: str, folder: Path) -> None:
    """Log the artifact to a run of the server at `url`, as a pyfunc; the tag `MODEL_ID` then names it."""
    from matinee.lifecycle.registry.library import mlflow  # noqa: PLC0415  seconds that only who logs a model pays

    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    types = mlflow.types
    signature = mlflow.models.ModelSignature(
        inputs=types.Schema([types.ColSpec(types.DataType.string, "user_id")]),
        params=types.ParamSchema([types.ParamSpec("k", types.DataType.long, 10)]),
    )
    example = pl.read_parquet(folder / artifact.USERS, columns=["user_id"], n_rows=1).to_pandas()
    with tempfile.TemporaryDirectory() as code, mlflow.start_run(run_id=run_id):
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
        mlflow.set_tag(MODEL_ID, info.model_id)
