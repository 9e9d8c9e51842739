"""Whether the newest chunk does harm: of all people, and in a large home of a sample of them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from in_process import matinee
from matinee.environment import load_settings
from matinee.models.interactions import Interactions
from matinee.stages import evaluate, tested_chunk
from matinee.stages.stores import Stores
from support import two_tastes

N_MOVIES = 80
FIRST_DAY, TESTED_DAY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)


def day_of(n_users: int, begins: datetime, seed: int) -> pl.DataFrame:
    """A third of these users, of two tastes, a rating a second."""
    of_day = two_tastes(n_users, N_MOVIES, n_days=1, seed=seed).sort("user_id", "rated_at")
    return of_day.with_columns(rated_at=pl.lit(begins) + pl.duration(seconds=pl.int_range(pl.len())))


BEFORE = day_of(200, FIRST_DAY, seed=1)


def ratings(*, is_harmful: bool) -> pl.DataFrame:
    """Two days; on the harmful one programs come first, who like ten movies that nobody else does, and any two."""
    sound = pl.concat([BEFORE, day_of(600, TESTED_DAY + timedelta(hours=12), seed=2)])
    if not is_harmful:
        return sound
    random = np.random.default_rng(1)
    rows = [
        (f"program {number}", movie, 5.0, TESTED_DAY + timedelta(seconds=number))
        for number in range(160)
        for movie in [
            *(f"junk {each}" for each in random.choice(10, 5, replace=False)),
            *(f"m{each}" for each in random.choice(N_MOVIES, 2, replace=False)),
        ]
    ]
    return pl.concat([sound, pl.DataFrame(rows, schema=sound.schema, orient="row")]).sort("rated_at")


@pytest.fixture(params=[False, True], ids=["all", "sample"])
def sampled(request, monkeypatch) -> bool:
    """Whether a sample is asked."""
    if request.param:
        for module in (evaluate, tested_chunk):
            monkeypatch.setattr(module, "MOST_RATINGS", 800)
    return request.param


@pytest.fixture
def fitted(monkeypatch) -> list[int]:
    """How many people each model has learned from."""
    found: list[int] = []
    original = Interactions.from_ratings.__func__

    def counted(cls, *arguments):
        made = original(cls, *arguments)
        found.append(made.n_users)
        return made

    monkeypatch.setattr(Interactions, "from_ratings", classmethod(counted))
    return found


@pytest.mark.usefixtures("own_models")
@pytest.mark.parametrize("is_harmful", [False, True], ids=["sound", "harmful"])
def test_a_chunk_that_does_harm_is_told_from_one_that_does_not(
    mlflow_url, tmp_path, monkeypatch, sampled, fitted, is_harmful
):
    ratings(is_harmful=is_harmful).write_csv(tmp_path / "ratings.csv")
    values = {"HOME": tmp_path / "home", "DATA": tmp_path / "ratings.csv", "BOOTSTRAP": "1d", "MLFLOW_URL": mlflow_url}
    values |= {"WATCH": "off", "ALGORITHM": "ease"}
    for name, value in values.items():
        monkeypatch.setenv(f"MATINEE_{name}", str(value))
    run_ids = []
    for run in ("first", "second"):
        chunk_id = matinee("ingest", "--run-id", run)["chunk_id"]
        run_ids.append(matinee("train", "--chunk-id", str(chunk_id))["run_id"])
    matinee("evaluate", "--run-id", run_ids[0])
    matinee("promote", "--run-id", run_ids[0])
    stores = Stores.of(load_settings())
    run = stores.registry.training_run(run_ids[1])
    del fitted[:]
    decision = evaluate.Evaluation(stores, run, stores.registry.production()).decision()
    question = next(each for each in decision.questions if each.name == "good data")
    assert question.outcome == ("failed" if is_harmful else "passed"), question
    assert ("models of a sample of the people" in question.finding) is sampled
    assert (min(fitted) < BEFORE["user_id"].n_unique()) is sampled
