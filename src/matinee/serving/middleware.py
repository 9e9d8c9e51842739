"""What every request gets: an id, a place in the metrics, bounds of size and time, and headers that browsers obey."""

import asyncio
import re
import time
from uuid import uuid4

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from matinee.serving import problems
from matinee.serving.prometheus import Metrics
from matinee.settings import Settings

log = structlog.get_logger()

HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")
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

_SWAP = ("POST", "/v1/model")


def install(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Put the middleware around `app`, the last one outermost."""
    origins = [origin.strip() for origin in settings.api_cors_origins.split(",") if origin.strip()]
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"])
    app.add_middleware(Bounds, body_bytes=settings.api_body_bytes, timeout_s=settings.api_timeout_s)
    app.add_middleware(RequestContext, metrics=metrics)


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
        state["request_id"] = _request_id(Headers(scope=scope).get(HEADER))
        scope["path"] = scope["raw_path"].decode(errors="replace")
        headers = [(HEADER.lower().encode(), state["request_id"].encode()), *_SECURITY_RAW]
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


class Bounds:
    """Refuses bodies that are too large (413) or take too long (408), and gives up on answers that do (503)."""

    def __init__(self, app: ASGIApp, body_bytes: int, timeout_s: float) -> None:
        self._app = app
        self._body_bytes = body_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("Content-Length", "0")
        if declared.isdecimal() and int(declared) > self._body_bytes:
            await problems.of_status(scope, 413, self._too_large())(scope, receive, send)
            return
        request = _Request(receive, send, self._body_bytes, self._too_large())
        try:
            async with asyncio.timeout(None if (scope["method"], scope["path"]) == _SWAP else self._timeout_s):
                await self._app(scope, request.receive, request.send)
        except TimeoutError:
            if request.is_answered:
                raise
            await self._too_late(scope, request)(scope, receive, send)

    def _too_large(self) -> str:
        return f"A body may have {self._body_bytes} bytes."

    def _too_late(self, scope: Scope, request: "_Request") -> ASGIApp:
        within = f"within {self._timeout_s:g} seconds"
        if request.is_received:
            log.warning("request_too_slow", path=scope["path"], timeout_s=self._timeout_s)
            return problems.of_status(scope, 503, f"This was not answered {within}.", {"Retry-After": "1"})
        return problems.of_status(scope, 408, f"The request was not complete {within}.")


class _Request:
    """Watches one request go in and its answer come out."""

    def __init__(self, receive: Receive, send: Send, body_bytes: int, too_large: str) -> None:
        self._receive, self._send = receive, send
        self._left_bytes, self._too_large = body_bytes, too_large
        self.is_received = False
        self.is_answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left_bytes -= len(message.get("body", b""))
            self.is_received = not message.get("more_body", False)
            if self._left_bytes < 0:
                raise HTTPException(413, self._too_large, {"Connection": "close"})
        return message

    async def send(self, message: Message) -> None:
        self.is_answered = True
        await self._send(message)


def _request_id(given: str | None) -> str:
    return given if given and _SANE.fullmatch(given) else uuid4().hex
