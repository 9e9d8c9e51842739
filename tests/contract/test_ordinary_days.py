"""Ordinary days of homes that are not like a published data set, through the real stages: the gate lets them through.

Real ratings, but of exports that come a night late, and of people who watch what they rate: a model is asked with what
it has learned, and with nothing else.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from matinee.settings import Settings
from matinee.stages.evaluate import evaluate_model
from matinee.stages.ingest import ingest_chunk
from matinee.stages.promote import promote_model
from matinee.stages.stores import Stores
from matinee.stages.train import train_model

N_DAYS = 4
BOOTSTRAP = timedelta(days=60)
DAY = timedelta(days=1)


@pytest.fixture
def ratings(real_data) -> pl.DataFrame:
    """What people of ml-100k gave who were there on most days, as a file of one's own."""
    names = ["user_id", "movie_id", "value", "rated_at"]
    found = pl.read_csv(real_data / "ml-100k" / "u.data", separator="\t", has_header=False, new_columns=names)
    found = found.with_columns(pl.from_epoch("rated_at"), event=pl.lit("rating")).sort("rated_at")
    days = found.group_by("user_id").agg(pl.col("rated_at").dt.truncate("1d").n_unique())
    often = days.sort("rated_at", "user_id", descending=True).head(150)
    return found.join(often, on="user_id", how="semi", maintain_order="left")


def begin_of_days(ratings: pl.DataFrame) -> pl.Series:
    return ratings["rated_at"].dt.truncate("1d")


def a_night_late(ratings: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """What the export has when a day is taken: of every third person nothing yet of that day."""
    days = begin_of_days(ratings)
    bootstrap_end = days.min() + BOOTSTRAP
    ends = [bootstrap_end, *(day + DAY for day in sorted(set(days.filter(days >= bootstrap_end))))]
    is_slow = pl.col("user_id") % 3 == 0
    for end in ends[:N_DAYS]:
        yield ratings.filter(pl.col("rated_at") < pl.when(is_slow).then(end - DAY).otherwise(end))


def watched_too(ratings: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Every tenth rating is followed by a watch of the same movie, three hours later."""
    watches = ratings.gather_every(10).with_columns(
        pl.col("rated_at") + timedelta(hours=3), event=pl.lit("watch"), value=None
    )
    both = pl.concat([ratings, watches.cast(ratings.schema)]).sort("rated_at")
    return iter([both] * N_DAYS)


@pytest.mark.slow
@pytest.mark.parametrize("exports", [a_night_late, watched_too])
def test_a_sound_day_is_let_through_and_its_model_agrees_with_all_that_it_has_learned(
    exports, ratings, mlflow_url, tmp_path
):
    path = Path(tmp_path / "ratings.csv")
    settings = Settings(
        home=tmp_path / "home", data=str(path), bootstrap=f"{BOOTSTRAP.days}d", mlflow_url=mlflow_url, algorithm="als",
        challengers="off", _env_file=None,
    )  # fmt: skip
    n_late = 0
    for number, export in enumerate(exports(ratings)):
        export.write_csv(path)
        stores = Stores.of(settings)
        taken = ingest_chunk(stores, f"day {number}")
        n_late += taken["n_late"]
        run_id = train_model(stores, taken["chunk_id"])["run_id"]
        evaluated = evaluate_model(stores, run_id)
        assert evaluated["verdict"] == "promote"
        assert "agrees with their history by 100%" in evaluated["reason"]
        promote_model(stores, run_id)
    assert (n_late > 0) == (exports is a_night_late)
