"""What the routes work with, built once by `create_app` and handed to each route."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from matinee.serving.answers import Answers
from matinee.serving.feedback import Feedback
from matinee.serving.impressions import Impressions
from matinee.serving.metrics import Metrics
from matinee.serving.rate_limit import RateLimit
from matinee.serving.slot import ModelSlot
from matinee.serving.swap import Swapper


@dataclass(frozen=True)
class Services:
    """The parts of one worker."""

    slot: ModelSlot
    answers: Answers
    swapper: Swapper
    feedback: Feedback
    metrics: Metrics
    token: str
    """Bearer token of `POST /v1/model`."""
    impressions: Impressions
    writes: RateLimit


async def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


Server = Annotated[Services, Depends(_services)]
"""A route's parameter that receives the parts of the server."""
