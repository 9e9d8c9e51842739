"""Stage 1: close the periods of ratings that are next."""

import structlog

from matinee.ratings.ledger import Chunk, Taken
from matinee.ratings.sources.source import prepared
from matinee.ratings.sources.unusable import unusable_sentences
from matinee.stages import Result
from matinee.stages.movies_file import record_statuses
from matinee.stages.stores import Stores

log = structlog.get_logger()

BACKFILL = "backfill__"
"""How the ids of Airflow's runs for past days begin."""


def ingest_chunk(stores: Stores, run_id: str) -> Result:
    """Close what is next for the pipeline run `run_id`; the same run always gets the same chunks.

    What is next follows from the ledger alone, so a backfill for a day of the past takes it like any other run.
    """
    if run_id.startswith(BACKFILL):
        log.warning("backfill_takes_what_is_next", run_id=run_id)
    taken = stores.ledger.take(run_id)
    source = prepared(stores.settings)
    unusable = list(unusable_sentences(source)) if source else []
    for said in unusable:
        log.warning("unusable_rows", said=said)
    if source and (n_changed := record_statuses(stores.settings, source)):
        log.info("movies_file_changed", n_movies=n_changed)
    result = {"run_id": run_id, "was_taken_before": taken.was_taken_before, "unusable": unusable}
    if taken.chunks:
        if taken.was_taken_before:
            log.info("taken_before", run_id=run_id, chunk_ids=[chunk.chunk_id for chunk in taken.chunks])
        return {"state": "closed", **result, **_summary(taken.chunks)}
    return {**_nothing(stores, taken), "chunk_id": None, "chunk_ids": [], **result}


def _summary(chunks: tuple[Chunk, ...]) -> Result:
    """All of a run's chunks as one; `chunk_id` is the newest, through which is learned."""
    return {
        "chunk_id": chunks[-1].chunk_id,
        "chunk_ids": [chunk.chunk_id for chunk in chunks],
        "starts_at": chunks[0].starts_at.isoformat(),
        "ends_at": chunks[-1].ends_at.isoformat(),
        "n_ratings": sum(chunk.n_ratings for chunk in chunks),
        "n_live": sum(chunk.n_live for chunk in chunks),
        "n_late": sum(chunk.n_late for chunk in chunks),
    }


def _nothing(stores: Stores, taken: Taken) -> Result:
    """Why nothing was taken; `n_ahead` ratings are dated after the present and wait for their day."""
    n_ahead = stores.ledger.ahead()
    if taken.not_over is None:
        log.info("no_more_data", data=stores.settings.data, n_ahead=n_ahead)
        return {"state": "no_more_data", "n_ahead": n_ahead}
    ends_at = taken.not_over.isoformat()
    log.info("not_over", ends_at=ends_at, grace=stores.settings.grace, n_ahead=n_ahead)
    return {"state": "not_over", "ends_at": ends_at, "grace": stores.settings.grace, "n_ahead": n_ahead}
