"""The chunks of ratings that the pipeline has taken."""

from typing import Annotated

from fastapi import APIRouter, Query

from matinee.clients.schemas.chunks import Chunk, Chunks
from matinee.drift.records import StatisticsStore
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.serving import problems
from matinee.serving.database import ask_database
from matinee.serving.services import Server
from matinee.settings import Settings

router = APIRouter(tags=["pipeline"])


@router.get("/v1/chunks", responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.NO_DATABASE))
async def chunks(server: Server, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Chunks:
    """The chunk ledger, newest first: with counts, what was quarantined and why, and what the data watch found."""
    return Chunks(chunks=await ask_database(lambda: _newest(server.settings, limit)))


def _newest(settings: Settings, limit: int) -> tuple[Chunk, ...]:
    ledger, store = ChunkLedger(settings), StatisticsStore(settings)
    quarantine, decisions = ledger.quarantine(), store.decisions()
    statistics = {each.chunk_id: each for each in store.all()}
    return tuple(
        # Of the ledger's records, the answer takes the fields that it promises.
        Chunk.model_validate(
            {
                **vars(each),
                "quarantine": quarantine.get(each.chunk_id, {}),
                "statistics": statistics.get(each.chunk_id),
                "decision": vars(decisions[each.chunk_id]) if each.chunk_id in decisions else None,
            }
        )
        for each in ledger.chunks()[: -limit - 1 : -1]
    )
