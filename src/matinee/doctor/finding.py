"""How one thing is looked at: a check, and what it finds."""

from collections.abc import Callable

import httpx
import structlog

from matinee.clients.schemas.findings import Finding
from matinee.clients.schemas.problems import MEDIA_TYPE, Problem
from matinee.clients.tls import authorities
from matinee.errors import MatineeError
from matinee.ratings.failures import failure
from matinee.settings import Settings

log = structlog.get_logger()

Check = Callable[[Settings], str]
"""What is found, in words; raises `MatineeError`, whose hint is what to do, when it is wrong."""


def finding_of(what: str, check: Check, settings: Settings) -> Finding:
    """What a check finds; a check that breaks is a finding too, and hides none of the others."""
    try:
        return Finding(what=what, ok=True, detail=check(settings))
    except MatineeError as error:
        return Finding(what=what, ok=False, detail=error.message, fix=error.hint)
    except Exception as error:
        told = failure(error)
        if told is not None:
            return Finding(what=what, ok=False, detail=told.message, fix=told.hint)
        log.exception("check_broke", what=what)
        detail = f"It could not be looked at ({type(error).__name__}: {error})."
        return Finding(what=what, ok=False, detail=detail, fix="See the log for where it broke.")


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
