"""Stage 1: close the next chunk of ratings."""

import structlog

from matinee.stages import Result
from matinee.stages.stores import Stores

log = structlog.get_logger()


def ingest_chunk(stores: Stores, run_id: str) -> Result:
    """Close the next chunk of ratings for the pipeline run `run_id`; the same run always gets the same chunk."""
    chunk = stores.ledger.close_next(run_id)
    if chunk is None:
        log.info("no_more_data", data=stores.settings.data)
        return {"state": "no_more_data", "chunk_id": None, "run_id": run_id}
    return {
        "state": "closed",
        "chunk_id": chunk.chunk_id,
        "run_id": run_id,
        "starts_at": chunk.starts_at.isoformat(),
        "ends_at": chunk.ends_at.isoformat(),
        "n_ratings": chunk.n_ratings,
        "n_live": chunk.n_live,
    }
