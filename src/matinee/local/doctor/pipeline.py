"""Whether the days are taken: ratings, chunks, quarantine, and the DAGs that take them."""

from collections import Counter
from collections.abc import Iterator

from matinee.clients.airflow import Airflow
from matinee.clients.airflow.records import DEPLOY, FAILED, PROMOTE, ROLLBACK, TRAIN
from matinee.errors import MatineeError
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings

AIRFLOW_TIMEOUT_S = 10.0


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


def check_quarantine(settings: Settings) -> str:
    """What is in quarantine, and why."""
    source = prepare(settings)
    n_movies = sum(source.reasons.values()) - (source.n_rows - source.n_ratings)
    by_chunk = ChunkLedger(settings).quarantine()
    found = sum((Counter(reasons) for reasons in by_chunk.values()), Counter[str]())
    newest = sum(by_chunk[max(by_chunk)].values()) if by_chunk else 0
    return (
        f"{_counted(source.reasons)} in the source, {n_movies} of these of movies;"
        f" {_counted(found)} in chunks, {newest} of these in the newest that has any"
    )


def check_dags(settings: Settings) -> str:
    """Whether Airflow knows every DAG, none is paused, and the last run of each succeeded."""
    with Airflow(settings, absence_s=0.0, timeout_s=AIRFLOW_TIMEOUT_S) as airflow:
        problems = [*_dag_problems(airflow), *_import_problems(airflow), *_run_problems(airflow)]
    if problems:
        raise MatineeError(" ".join(problems), f"See {settings.airflow_link}/dags.")
    return "all are known and none is paused; the last run of each went well"


def _dag_problems(airflow: Airflow) -> Iterator[str]:
    for dag_id in (TRAIN, DEPLOY, PROMOTE, ROLLBACK):
        dag = airflow.dag(dag_id)
        if dag is None:
            yield f"Airflow does not know {dag_id}."
        elif dag.is_paused:
            yield f"{dag_id} is paused: its runs wait until it is unpaused."


def _import_problems(airflow: Airflow) -> Iterator[str]:
    yield from (f"A DAG file cannot be read ({error})." for error in airflow.import_errors())


def _run_problems(airflow: Airflow) -> Iterator[str]:
    for dag_id in (TRAIN, DEPLOY):
        for run in airflow.runs(dag_id, limit=1):
            if run.state == FAILED:
                dead = ", ".join(task.task_id for task in airflow.tasks(run) if task.state == FAILED) or "no task"
                yield f"The last run of {dag_id} ({run.dag_run_id}) failed in {dead}."


def _counted(reasons: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items())) or "nothing"
