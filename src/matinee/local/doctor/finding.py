"""One thing that was looked at, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from matinee.errors import MatineeError
from matinee.settings import Settings

Check = Callable[[Settings], str]
"""What is found, in words; raises `MatineeError`, whose hint is what to do, when it is wrong."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str
    fix: str = ""
    """What to do about it; empty when `ok`."""


def finding_of(what: str, check: Check, settings: Settings) -> Finding:
    """What a check finds."""
    try:
        return Finding(what, ok=True, detail=check(settings))
    except MatineeError as error:
        return Finding(what, ok=False, detail=error.message, fix=error.hint)


def finding_of_service(what: str, process: str, url: str) -> Finding:
    """Whether a server answers at `url`."""
    fix = f"Start it: matinee up. If it runs and does not heal, see: matinee logs {process}."
    try:
        answer = httpx.get(url, timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return Finding(what, ok=False, detail=f"{url} does not answer ({error}).", fix=fix)
    ok = answer.is_success
    return Finding(what, ok=ok, detail=f"{url} answers {answer.status_code}.", fix="" if ok else fix)
