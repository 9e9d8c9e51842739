"""The client of matinee's own HTTP API, version 1."""

from matinee.clients.api.client import Client
from matinee.clients.api.transport import NO_ANSWER, UNAUTHORIZED

__all__ = ["NO_ANSWER", "UNAUTHORIZED", "Client"]
