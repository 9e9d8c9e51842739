"""What every request passes, from the outside in.

An id and a place in the metrics (`context`), known hosts only (`hosts`), bounds of size and time (`bounds`), and CORS.
"""

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from matinee.serving.middleware.bounds import Bounds
from matinee.serving.middleware.context import RequestContext
from matinee.serving.middleware.hosts import AllowedHosts
from matinee.serving.prometheus import Metrics
from matinee.settings import Settings


def install(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Put the middleware around `app`, the last one outermost."""
    origins = [origin.strip() for origin in settings.api_cors_origins.split(",") if origin.strip()]
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"])
    app.add_middleware(Bounds, body_bytes=settings.api_body_bytes, timeout_s=settings.api_timeout_s)
    app.add_middleware(AllowedHosts, hosts=settings.hosts, origins=origins)
    app.add_middleware(RequestContext, metrics=metrics)
