"""What is compared day by day: challengers with the champion, and production with itself of some days ago."""

from typing import Any

from fastapi import APIRouter

from matinee.clients.schemas.comparisons import Challenger, Challengers, DayGain, Freshness, Gain
from matinee.lifecycle.challengers import ChallengerStore, Standing
from matinee.lifecycle.freshness import FreshnessStore, pooled
from matinee.serving import problems
from matinee.serving.database import ask_database
from matinee.serving.services import Server
from matinee.settings import Settings

router = APIRouter(tags=["pipeline"])


@router.get("/v1/challengers", responses=problems.documented(problems.NO_DATABASE))
async def challengers(server: Server) -> Challengers:
    """Algorithms beside the champion: difference, interval, people, cost, and about how many more days it takes."""
    return await ask_database(lambda: _challengers(server.settings))


@router.get("/v1/freshness", responses=problems.documented(problems.NO_DATABASE))
async def freshness(server: Server) -> Freshness:
    """What production gains over itself of 1, 7 and 30 days ago, on the people of the newest chunks."""
    return await ask_database(lambda: _freshness(server.settings))


def _challengers(settings: Settings) -> Challengers:
    found = ChallengerStore(settings).all()
    champion = found[0].champion if found else None
    listed = tuple(Challenger.model_validate(_told(each)) for each in found if each.champion == champion)
    return Challengers(champion=champion, challengers=listed)


def _told(standing: Standing) -> dict[str, Any]:
    told = {**vars(standing), **vars(standing.evidence)}
    return {name: told[name] for name in Challenger.model_fields}


def _freshness(settings: Settings) -> Freshness:
    by_chunk = FreshnessStore(settings).newest()
    return Freshness(
        gains=tuple(Gain.model_validate(vars(each)) for each in pooled(by_chunk)),
        by_chunk=tuple(
            DayGain.model_validate({name: getattr(each, name) for name in DayGain.model_fields}) for each in by_chunk
        ),
    )
