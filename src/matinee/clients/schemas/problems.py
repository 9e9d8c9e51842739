"""Problem documents (RFC 9457): how the API says what went wrong."""

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer

MEDIA_TYPE = "application/problem+json"
KIND = "urn:matinee:problem:"
"""What the type of a problem of matinee's own begins with; the error's code follows."""
PLAIN = "about:blank"
"""Type of a problem that says no more than its HTTP status (RFC 9457, 4.2.1)."""


class InvalidField(Answer):
    """One field of a request that cannot be accepted."""

    field: str
    message: str


class Problem(Answer, json_schema_extra=shown(examples.PROBLEM)):
    """A problem document (RFC 9457), media type `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    hint: str | None = None
    """What the reader can do about it."""
    errors: tuple[InvalidField, ...] | None = None

    @property
    def code(self) -> str:
        """What the problem is, for programs; empty when it says no more than its status."""
        return self.type.removeprefix(KIND) if self.type.startswith(KIND) else ""
