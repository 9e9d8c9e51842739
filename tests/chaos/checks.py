"""What must hold after all that was done to a home; each check returns what is wrong, in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import httpx
import polars as pl
import sqlalchemy as sa

from chaos.days import Day
from matinee.clients.airflow import Airflow
from matinee.clients.airflow.records import SUCCESS, TRAIN
from matinee.errors import DependencyUnreachable
from matinee.lifecycle.history import ModelEvent, is_held
from matinee.ratings.database import engine
from matinee.settings import Settings
from matinee.stages.stores import Stores

N_ASKED = 60
"""Requests that are enough to hear every worker."""

NEWEST_RUNS = 100
"""Runs of the daily DAG that are looked at: as many as Airflow gives at once."""


def ratings(settings: Settings, acknowledged: list[str]) -> tuple[list[str], list[str]]:
    """Users whose acknowledged rating is lost, and those of whom there are two: in the API, the database or a chunk."""
    with httpx.Client(base_url=settings.api, trust_env=False, timeout=30) as api:
        answered = {user: len(api.get(f"/v1/users/{user}/ratings").json()["ratings"]) for user in acknowledged}
    return lost_and_doubled(acknowledged, [answered, _in_database(settings), _in_chunks(settings)])


def lost_and_doubled(acknowledged: list[str], places: list[Mapping[str, int]]) -> tuple[list[str], list[str]]:
    """Users of whom one of the places has no rating, and those of whom one has several."""
    counts = [(user, [place.get(user, 0) for place in places]) for user in acknowledged]
    lost = [f"{user} {found}" for user, found in counts if min(found) == 0]
    return lost, [f"{user} {found}" for user, found in counts if max(found) > 1]


def _in_database(settings: Settings) -> Mapping[str, int]:
    with engine(settings).connect() as connection:
        rows = connection.execute(sa.text("SELECT user_id FROM feedback WHERE user_id LIKE 'chaos%'"))
        return Counter(user_id for (user_id,) in rows)


def _in_chunks(settings: Settings) -> Mapping[str, int]:
    chunks = pl.scan_parquet(settings.home / "ratings" / "chunk-*.parquet", missing_columns="insert")
    found = chunks.select(pl.col("user_id").cast(pl.String)).filter(pl.col("user_id").str.starts_with("chaos"))
    return Counter(found.collect()["user_id"].to_list())


def ledger(settings: Settings) -> Iterator[str]:
    """Gaps, doubles and missing files of the chunk ledger."""
    with engine(settings).connect() as connection:
        rows = connection.execute(sa.text("SELECT chunk_id, run_id FROM chunks ORDER BY chunk_id")).all()
    numbers = [number for number, _ in rows]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"the ledger has the chunks {numbers}"
    if len({run_id for _, run_id in rows}) != len(rows):
        yield "a run has two chunks"
    for number in numbers:
        if not (settings.home / "ratings" / f"chunk-{number:05d}.parquet").exists():
            yield f"chunk {number} has no file"


def production(settings: Settings) -> Iterator[str]:
    """Whether one version is in production, is what the alias names, and is served by every worker."""
    with httpx.Client(base_url=f"{settings.mlflow}/api/2.0/mlflow", trust_env=False, timeout=30) as tracking:
        named = {"name": "movie-recommender", "alias": "production"}
        alias = tracking.get("/registered-models/alias", params=named).json()["model_version"]["version"]
        wanted = {"filter": "name='movie-recommender'", "max_results": 1000}
        found = tracking.get("/model-versions/search", params=wanted).json()["model_versions"]
    tagged = [
        version["version"]
        for version in found
        if {"key": "stage", "value": "production"} in [{k: tag[k] for k in ("key", "value")} for tag in version["tags"]]
    ]
    if tagged != [alias]:
        yield f"the alias names {alias}, tagged as production are {tagged}"
    served = {
        httpx.get(f"{settings.api}/v1/model", trust_env=False, timeout=30).json()["version"] for _ in range(N_ASKED)
    }
    if served != {alias}:
        yield f"the alias names {alias}, served are {served}"


def moves(settings: Settings) -> Iterator[str]:
    """What is wrong with the promotions of a home (`promotions`)."""
    stores = Stores.of(settings)
    chunks = {each.version: each.chunk_id for each in stores.registry.versions()}
    return promotions(stores.history.events(), chunks)


def promotions(events: Sequence[ModelEvent], chunks: Mapping[str, int]) -> Iterator[str]:
    """Promotions by a run that took over from newer data, or from a version that was held.

    Args:
        events: the history, oldest first.
        chunks: newest chunk of each version.
    """
    for place, event in enumerate(events):
        before = event.previous_version
        if event.what != "promoted" or before is None or event.reason.startswith("By hand"):
            continue
        if chunks[event.version] <= chunks[before]:
            yield f"version {event.version} took over from the newer data of version {before}"
        if is_held(events[:place], before):
            yield f"version {event.version} took over from version {before}, which was held"


def given_up(settings: Settings, days: Sequence[Day]) -> Iterator[str]:
    """Days of which `next` said that something did not answer, although their run went through."""
    with Airflow(settings) as airflow:
        runs = [(run.run_after, run.state) for run in airflow.runs(TRAIN, limit=NEWEST_RUNS) if run.run_after]
    for day in days:
        within = [state for asked_at, state in runs if 0 <= asked_at.timestamp() - day.began_at <= day.took_s]
        if day.code == DependencyUnreachable.exit_code and SUCCESS in within:
            yield f"next gave up after {day.took_s:.0f} s on a run that went through: {day.said}"
