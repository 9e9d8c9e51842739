"""The code of a logged model ("models from code"): any MLflow tool can load and ask it, matinee installed or not.

MLflow runs this file; matinee never imports it. It ranks with the copy of the folder `ranking` that was logged beside
the data, under a package name of its own, so that two versions in one process never mix (mlflow#12395).
"""

import importlib.util
import json
import sys
import uuid
from pathlib import Path
from types import ModuleType
from typing import Any

import mlflow.models
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from safetensors.numpy import load_file


class LoggedRecommender(PythonModel):
    """Recommends for a frame with the column `user_id`."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the artifact's files, which MLflow has downloaded."""
        folder = Path(context.artifacts["matinee"])
        manifest = json.loads((folder / "manifest.json").read_text())
        self._ranking = _load_package(Path(context.artifacts["ranking"]))
        arrays = load_file(folder / "arrays.safetensors")
        self._model = self._ranking.RankingModel.from_arrays(manifest["kind"], arrays, manifest["parameters"])
        users = pd.read_parquet(folder / "users.parquet")["user_id"]
        self._user_index = {user_id: row for row, user_id in enumerate(users)}
        self._movies = pd.read_parquet(folder / "movies.parquet")

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Top movies of each user: `user_id, policy, rank, movie_id, title, score`, `params["k"]` rows a user."""
        del context
        k = int((params or {}).get("k", 10))
        return pd.concat([self._recommend(str(user_id), k) for user_id in model_input["user_id"]], ignore_index=True)

    def _recommend(self, user_id: str, k: int) -> pd.DataFrame:
        ranking = self._ranking.recommend(self._model, self._user_index.get(user_id), k=k)
        movies = self._movies.iloc[ranking.items]
        return pd.DataFrame(
            {
                "user_id": user_id,
                "policy": ranking.policy,
                "rank": range(1, len(movies) + 1),
                "movie_id": movies["movie_id"].to_numpy(),
                "title": movies["title"].to_numpy(),
                "score": ranking.scores,
            }
        )


def _load_package(folder: Path) -> ModuleType:
    """Import a folder under a name that no other has; a failure leaves none of its modules behind."""
    name = f"matinee_ranking_{uuid.uuid4().hex}"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} cannot be loaded")
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    try:
        spec.loader.exec_module(package)
    except BaseException:
        for module in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[module]
        raise
    return package


mlflow.models.set_model(LoggedRecommender())
