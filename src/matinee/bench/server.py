"""The API server with a route to compare it with: `python -m matinee.bench.server`.

`/bench/constant/{size}` answers so many bytes: what routing, middleware and metrics of the app cost.
"""

from functools import lru_cache

from fastapi import FastAPI, Response

from matinee import logs
from matinee.environment import load_settings
from matinee.serving.__main__ import listen, serve
from matinee.serving.workers.group import WorkerGroup
from matinee.settings import Settings


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


if __name__ == "__main__":
    found = load_settings()
    logs.configure("warning")
    serve(found, listen(found.host, found.api_port, found.n_workers), with_constant)
