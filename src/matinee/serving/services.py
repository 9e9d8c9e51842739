"""What the routes work with, built once by `create_app` and handed to each route."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from matinee.serving.answering.batching import RequestBatcher
from matinee.serving.answering.feedback import Feedback
from matinee.serving.answering.home_clock import HomeClock
from matinee.serving.answering.impressions import Impressions
from matinee.serving.answering.query_strings import QueryStrings
from matinee.serving.answering.recently_shown import RecentlyShown
from matinee.serving.answering.response_cache import ResponseCache
from matinee.serving.database import DatabasePatience
from matinee.serving.model.changed import LiveCatalogue
from matinee.serving.model.fetch import ModelSource
from matinee.serving.model.on_demand import OnDemandVersions
from matinee.serving.model.slot import ModelSlot
from matinee.serving.model.swap import Swapper
from matinee.serving.pipeline.findings import RecentFindings
from matinee.serving.pipeline.runs import PipelineRuns
from matinee.serving.pipeline.versions import VersionReader
from matinee.serving.prometheus import Metrics
from matinee.serving.workers.health import WorkerHealth
from matinee.serving.workers.rate_limit import RateLimit
from matinee.settings import Settings


@dataclass(frozen=True)
class Services:
    """The parts of one worker."""

    settings: Settings
    clock: HomeClock
    slot: ModelSlot
    live: LiveCatalogue
    responses: ResponseCache
    query_strings: QueryStrings
    batcher: RequestBatcher
    source: ModelSource
    swapper: Swapper
    feedback: Feedback
    patience: DatabasePatience
    metrics: Metrics
    health: WorkerHealth
    token: str
    """Bearer token of whoever may change what everybody gets."""
    impressions: Impressions
    shown: RecentlyShown
    writes: RateLimit
    versions: VersionReader
    on_demand: OnDemandVersions
    runs: PipelineRuns
    findings: RecentFindings


async def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


Server = Annotated[Services, Depends(_services)]
"""A route's parameter that receives the parts of the server."""
