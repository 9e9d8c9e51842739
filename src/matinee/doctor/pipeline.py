"""Whether the days are taken: ratings, chunks, quarantine, and the DAGs that take them."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from matinee import clock
from matinee.clients.airflow import Airflow
from matinee.clients.airflow.records import CHALLENGE, DEPLOY, FAILED, PROMOTE, PRUNE, RESUME, ROLLBACK, TRAIN
from matinee.errors import MatineeError
from matinee.ratings.feedback.store import FeedbackStore
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.ratings.ledger.periods import Present
from matinee.ratings.sources.source import prepare, prepared
from matinee.ratings.sources.unusable import unusable_sentences
from matinee.settings import Settings

AIRFLOW_TIMEOUT_S = 10.0

_UNUSABLE_ROWS = (
    "Do what docs/own-data.md says of each reason; the rows are in datasets/*/quarantine.parquet of the home."
)


def check_ratings(settings: Settings) -> str:
    """Whether the ratings can be read."""
    source = prepare(settings)
    n_ahead = ChunkLedger(settings).ahead()
    waiting = f", {n_ahead:,} dated ahead, which wait for their day" if n_ahead else ""
    return f"{source.name}: {source.n_ratings:,} usable{waiting}, {source.n_rows - source.n_ratings:,} in quarantine"


def check_chunks(settings: Settings) -> str:
    """Which chunks were taken."""
    chunks = ChunkLedger(settings).chunks()
    n_open, n_late = sum(chunk.state != "closed" for chunk in chunks), sum(chunk.n_late for chunk in chunks)
    return f"{len(chunks)} taken, {n_open} of them not closed; {n_late:,} ratings came late, and were learned"


def check_days(settings: Settings) -> str:
    """Whether ratings wait longer than a period, and a day more, to be taken."""
    closed = [(chunk, chunk.closed_at) for chunk in ChunkLedger(settings).chunks() if chunk.closed_at is not None]
    if not closed:
        return "none is taken yet"
    (newest, taken_at), now = closed[-1], clock.now()
    if newest.ends_at > now:
        is_far = Present.of(settings).is_long_before(newest.ends_at)
        until = "ratings are learned as late, and judge no model" if is_far else "nothing is taken"
        raise MatineeError(
            f"The newest chunk ends on {newest.ends_at:%Y-%m-%d}, which is to come: the clock was ahead when it was"
            f" taken. Until then {until}.",
            "Restore a backup from before: matinee restore FILE --replace.",
        )
    since = now - taken_at
    n_waiting = _n_waiting(settings, newest.ends_at, now)
    if n_waiting > 0 and since > settings.period + timedelta(days=1):
        raise MatineeError(
            f"{n_waiting:,} ratings wait, and no chunk was taken for {since.days} days.",
            "See whether train_model is paused or fails (under DAGs here), then run: matinee next.",
        )
    return f"{n_waiting:,} ratings wait; the newest chunk was taken {since.days} days ago"


def _n_waiting(settings: Settings, since: datetime, now: datetime) -> int:
    """Ratings of the source that no chunk has and that are not dated ahead, and live ones."""
    source, n_of_source = prepared(settings), 0
    if source is not None:
        times = pl.scan_parquet(source.ratings_path).filter(pl.col("rated_at").is_between(since, now))
        n_of_source = times.select(pl.len()).collect().item()
    return n_of_source + FeedbackStore(settings).unclaimed()


def check_quarantine(settings: Settings) -> str:
    """What is in quarantine, and why; wrong when it is more than a slip here and there."""
    source = prepared(settings)
    reasons = source.reasons if source else {}
    if source and (loud := " ".join(unusable_sentences(source))):
        raise MatineeError(loud, _UNUSABLE_ROWS)
    n_movies = sum(source.movie_reasons.values()) if source else 0
    by_chunk = ChunkLedger(settings).quarantine()
    found = sum((Counter(reasons) for reasons in by_chunk.values()), Counter[str]())
    newest = sum(by_chunk[max(by_chunk)].values()) if by_chunk else 0
    return (
        f"{_counted(reasons)} in the source, {n_movies} of these of movies;"
        f" {_counted(found)} in chunks, {newest} of these in the newest that has any"
    )


def check_dags(settings: Settings) -> str:
    """Whether Airflow knows every DAG, none is paused, and the last day, deployment and night went well."""
    with Airflow(settings, absence_s=0.0, timeout_s=AIRFLOW_TIMEOUT_S) as airflow:
        problems = [*_dag_problems(airflow), *_import_problems(airflow), *_run_problems(airflow)]
    if problems:
        raise MatineeError(" ".join(problems), f"See {settings.airflow_link}/dags.")
    return "all are known and none is paused; the last day, deployment and night went well"


def _dag_problems(airflow: Airflow) -> Iterator[str]:
    for dag_id in (TRAIN, DEPLOY, PROMOTE, ROLLBACK, RESUME, CHALLENGE, PRUNE):
        dag = airflow.dag(dag_id)
        if dag is None:
            yield f"Airflow does not know {dag_id}."
        elif dag.is_paused:
            yield f"{dag_id} is paused: its runs wait until it is unpaused."


def _import_problems(airflow: Airflow) -> Iterator[str]:
    yield from (f"A DAG file cannot be read ({error})." for error in airflow.import_errors())


def _run_problems(airflow: Airflow) -> Iterator[str]:
    for dag_id in (TRAIN, DEPLOY, PRUNE):
        for run in airflow.runs(dag_id, limit=1):
            if run.state == FAILED:
                dead = ", ".join(task.task_id for task in airflow.tasks(run) if task.state == FAILED) or "no task"
                yield f"The last run of {dag_id} ({run.dag_run_id}) failed in {dead}."


def _counted(reasons: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items())) or "0"
