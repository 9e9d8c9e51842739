"""The API server with two routes to compare it with: `python -m matinee.bench.server app` or `bare`.

`app` adds `/bench/constant/{size}` to the app: what its routing, middleware and metrics cost. `bare` answers any path
with so many bytes without any of it: what the server process itself costs.
"""

import sys
from functools import lru_cache

from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from matinee import logs
from matinee.serving.__main__ import Create, listen, serve
from matinee.serving.workers.group import WorkerGroup
from matinee.settings import Settings, load_settings


@lru_cache
def body(size: int) -> bytes:
    """As many bytes of JSON."""
    return b'"' + b"x" * (size - 2) + b'"'


def with_constant(settings: Settings, group: WorkerGroup | None) -> FastAPI:
    """The app and a route that always answers the same."""
    from matinee.serving.app import create_app  # noqa: PLC0415  after `serve` has said where workers count

    app = create_app(settings, group)

    @app.get("/bench/constant/{size}")
    async def constant(size: int) -> Response:
        return Response(body(size), media_type="application/json")

    return app


def bare(_: Settings, group: WorkerGroup | None) -> ASGIApp:
    """An ASGI app of a dozen lines."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        content = body(int(scope["path"].rpartition("/")[2] or 2))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    del group  # its workers have nothing to agree on
    return answer


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


if __name__ == "__main__":
    found = load_settings()
    logs.configure("warning")
    create: Create = with_constant if sys.argv[1] == "app" else bare
    serve(found, listen(found.host, found.api_port, found.n_workers), create)
