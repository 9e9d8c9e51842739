"""The id of a request, its measurement, and the headers that browsers obey."""

import re
import time
from random import getrandbits

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from matinee.serving.prometheus import Metrics

HEADER = "X-Request-ID"
_RAW_HEADER = HEADER.lower().encode()
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,128}")
"""Ids of callers that are taken over; anything else is replaced, because it ends up in logs."""

_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_SECURITY_RAW = [(name.lower().encode(), value.encode()) for name, value in _SECURITY.items()]
_NO_SCRIPTS = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_PAGES = frozenset({"/docs", "/redoc", "/docs/oauth2-redirect"})
"""Pages for people, which load scripts: without the policy that forbids it."""


class RequestContext:
    """Gives each request its id (`request.state.request_id`, response header, log lines), and measures it.

    A route that ranks says how in `request.state.policy`. Routes are matched on the path as it came, so that a slash
    within an id (`%2F`) separates nothing.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(dict(scope["headers"]).get(_RAW_HEADER))
        scope["path"] = scope["raw_path"].decode(errors="replace")
        headers = [(_RAW_HEADER, state["request_id"].encode()), *_SECURITY_RAW]
        if scope["path"] not in _PAGES:
            headers.append(_NO_SCRIPTS)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        try:
            with bound_contextvars(request_id=state["request_id"]):
                await self._app(scope, receive, send_with_headers)
        finally:
            route = getattr(scope.get("route"), "path_format", "")
            duration_s = time.perf_counter() - started
            self._metrics.observe_request(scope["method"], route, status, state.get("policy", ""), duration_s)


def _request_id(given: bytes | None) -> str:
    # It has to differ, not to be secret: asking the kernel for bits (`uuid4`) takes a tenth of the time of an answer.
    # Python seeds the generator anew in each forked worker.
    return given.decode() if given and _SANE.fullmatch(given) else f"{getrandbits(128):032x}"
