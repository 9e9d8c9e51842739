"""### Train and promote the movie recommender.

Every day, when it and its grace are over (`MATINEE_SCHEDULE`), or when somebody triggers it, the next chunk of ratings
becomes a model; of a live home all that are over, after missed days several at once:

| task | what it does | skipped when |
| --- | --- | --- |
| `ingest` | closes what is next: chunks of ratings, feedback of their days included | – |
| `train` | watches the chunk, trains on all so far, logs run and artifact | it is broken, or there are no new ratings |
| `evaluate` | compares the model with the one in production | nothing was trained |
| `promote` | moves the alias `production` of `movie-recommender` | the comparison said no |

A promotion updates the asset `matinee://models/production`, and that starts `deploy_model`. An evaluation updates
`matinee://models/evaluated`, and that starts `train_challengers`, for which no day waits.

Every task is one command of the `matinee` command line. Retrying, clearing or re-running any of them is safe: a run
always gets the same chunks, which `ingest` says (`was_taken_before`), and what was done before is not done twice. A
backfill is a run like any other: it takes what is next, and not the ratings of its date. Days that were missed need
none: the next run takes them.
"""

from airflow.sdk import Asset, CronTriggerTimetable
from stage_dag import START, stage_dag
from stage_task import stage_task

from matinee.environment import load_settings
from matinee.schedule import cron

SETTINGS = load_settings()
CRON = cron(SETTINGS.schedule, SETTINGS.grace, SETTINGS.timezone)

with stage_dag(
    "train_model",
    "The next chunk of ratings → a model → evaluated → in production",
    __doc__,
    "training",
    schedule=CronTriggerTimetable(CRON, timezone=SETTINGS.timezone) if CRON else None,
    start_date=START,
):
    ingest = stage_task("ingest", {"run-id": "{{ run_id }}"})
    train = stage_task("train", {"chunk-id": "{{ ti.xcom_pull(task_ids='ingest')['chunk_id'] or '' }}"})
    # From here on `run-id` is MLflow's run, which `train` made; Airflow's own run id went to `ingest`.
    trained_run = {"run-id": "{{ ti.xcom_pull(task_ids='train')['run_id'] }}"}
    evaluate = stage_task("evaluate", trained_run, outlets=[Asset(name="evaluated", uri="matinee://models/evaluated")])
    promote = stage_task("promote", trained_run, outlets=[Asset(name="production", uri="matinee://models/production")])

    ingest >> train >> evaluate >> promote
