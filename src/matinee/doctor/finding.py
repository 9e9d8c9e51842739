"""How one thing is looked at: a check, and what it finds."""

from collections.abc import Callable

import httpx
from sqlalchemy.exc import SQLAlchemyError

from matinee.clients.schemas.findings import Finding
from matinee.clients.schemas.problems import MEDIA_TYPE, Problem
from matinee.clients.tls import authorities
from matinee.errors import MatineeError
from matinee.ratings.failures import failure
from matinee.settings import Settings

Check = Callable[[Settings], str]
"""What is found, in words; raises `MatineeError`, whose hint is what to do, when it is wrong."""


def finding_of(what: str, check: Check, settings: Settings) -> Finding:
    """What a check finds."""
    try:
        return Finding(what=what, ok=True, detail=check(settings))
    except MatineeError as error:
        return Finding(what=what, ok=False, detail=error.message, fix=error.hint)
    except SQLAlchemyError as error:
        told = failure(error)
        if told is None:
            raise
        return Finding(what=what, ok=False, detail=told.message, fix=told.hint)


def finding_of_service(what: str, process: str, url: str) -> Finding:
    """Whether a server answers at `url`; what ours says itself when it cannot do its work is told in its words."""
    fix = f"Start it: matinee up. If it runs and does not heal, see: matinee logs {process}."
    try:
        answer = httpx.get(url, timeout=5, verify=authorities(), trust_env=False)
    except httpx.HTTPError as error:
        return Finding(what=what, ok=False, detail=f"{url} does not answer ({error}).", fix=fix)
    if answer.is_success:
        return Finding(what=what, ok=True, detail=f"{url} answers {answer.status_code}.")
    if answer.headers.get("content-type") == MEDIA_TYPE:
        problem = Problem.model_validate_json(answer.content)
        return Finding(what=what, ok=False, detail=problem.detail, fix=problem.hint or fix)
    return Finding(what=what, ok=False, detail=f"{url} answers {answer.status_code}.", fix=fix)
