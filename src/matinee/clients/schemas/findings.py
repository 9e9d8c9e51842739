"""What the doctor found."""

from datetime import datetime

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer


class Finding(Answer):
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str
    """What was found, in words."""
    fix: str = ""
    """What to do about it; empty when `ok`."""


class Findings(Answer, json_schema_extra=shown(examples.FINDINGS)):
    """All that was looked at while matinee runs."""

    findings: tuple[Finding, ...]
    examined_at: datetime
