"""Bounds of a request: how large it may be, and how long it and its answer may take."""

import asyncio

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matinee.serving import problems

log = structlog.get_logger()

_SWAP = ("POST", "/v1/model")
"""Not bounded in time here: a swap has its own timeouts, and takes as long as the model needs."""


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
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._body_bytes:
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
