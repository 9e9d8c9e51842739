"""What the routes work with, built once by `create_app` and handed to each route."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from matinee.serving.answers import Answers
from matinee.serving.beside import Beside
from matinee.serving.feedback import Feedback
from matinee.serving.impressions import Impressions
from matinee.serving.metrics import Metrics
from matinee.serving.questions import Questions
from matinee.serving.rate_limit import RateLimit
from matinee.serving.runs import Runs
from matinee.serving.slot import ModelSlot
from matinee.serving.swap import Swapper
from matinee.serving.together import Together
from matinee.serving.versions import Versions
from matinee.settings import Settings


@dataclass(frozen=True)
class Services:
    """The parts of one worker."""

    settings: Settings
    slot: ModelSlot
    answers: Answers
    questions: Questions
    together: Together
    swapper: Swapper
    feedback: Feedback
    metrics: Metrics
    token: str
    """Bearer token of whoever may change what everybody gets."""
    impressions: Impressions
    writes: RateLimit
    versions: Versions
    beside: Beside
    runs: Runs


async def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


Server = Annotated[Services, Depends(_services)]
"""A route's parameter that receives the parts of the server."""
