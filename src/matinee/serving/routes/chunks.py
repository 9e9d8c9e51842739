"""The chunks of ratings that the pipeline has taken."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.exc import DBAPIError

from matinee.clients.schemas import pipeline
from matinee.drift.records import ChunkDecision, ChunkStatistics, StatisticsStore
from matinee.errors import DependencyUnreachable
from matinee.ratings.ledger.ledger import Chunk, ChunkLedger
from matinee.serving import problems
from matinee.serving.services import Server
from matinee.settings import Settings

router = APIRouter(tags=["pipeline"])


@router.get("/v1/chunks", responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.NO_DATABASE))
async def chunks(server: Server, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> pipeline.Chunks:
    """The chunk ledger, newest first: with counts, what was quarantined and why, and what the data watch found."""
    try:
        found = await asyncio.to_thread(_newest, server.settings, limit)
    except DBAPIError as error:
        raise DependencyUnreachable(
            f"The database does not do its work: {error.orig}.", "Check its disk or its server."
        ) from error
    return pipeline.Chunks(chunks=found)


def _newest(settings: Settings, limit: int) -> list[pipeline.Chunk]:
    ledger, store = ChunkLedger(settings), StatisticsStore(settings)
    newest = ledger.chunks()[: -limit - 1 : -1]
    quarantine, decisions = ledger.quarantine(), store.decisions()
    statistics = {each.chunk_id: each for each in store.all()}
    return [
        _chunk(
            each,
            quarantine.get(each.chunk_id, {}),
            statistics.get(each.chunk_id),
            decisions.get(each.chunk_id),
        )
        for each in newest
    ]


def _chunk(
    chunk: Chunk, quarantine: dict[str, int], statistics: ChunkStatistics | None, decision: ChunkDecision | None
) -> pipeline.Chunk:
    decided = None
    if decision is not None:
        decided = pipeline.ChunkDecision(decision=decision.decision, reason=decision.reason, at=decision.at)
    return pipeline.Chunk(
        chunk_id=chunk.chunk_id,
        state=chunk.state,
        starts_at=chunk.starts_at,
        ends_at=chunk.ends_at,
        n_ratings=chunk.n_ratings,
        n_live=chunk.n_live,
        n_quarantined=chunk.n_quarantined,
        quarantine=quarantine,
        closed_at=chunk.closed_at,
        statistics=statistics,
        decision=decided,
    )
