"""Answers only for hosts that the server is known by; see `matinee.hosts`."""

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from matinee.hosts import HINT, refusal
from matinee.serving import problems

EXEMPT = frozenset({"/health/live", "/health/ready"})
"""Health checks come by whatever name the one who checks knows."""


class AllowedHosts:
    """Refuses requests for other hosts (421) and of other sites' pages (403) with a problem document."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str]) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and scope["path"] not in EXEMPT:
            refused = refusal(dict(scope["headers"]), self._hosts, self._origins)
            if refused is not None:
                status, reason = refused
                await problems.of_status(scope, status, f"{reason} {HINT}")(scope, receive, send)
                return
        await self._app(scope, receive, send)
