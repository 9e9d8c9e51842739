"""Errors as problem documents (RFC 9457): the one place where an error becomes an HTTP answer."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from matinee.errors import MatineeError

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
KIND = "urn:matinee:problem:"
"""What the type of a problem of matinee's own begins with; the error's code follows."""
PLAIN = "about:blank"
"""Type of a problem that says no more than its HTTP status (RFC 9457, 4.2.1)."""


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document."""
    app.add_exception_handler(MatineeError, _on_matinee_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)


def of_status(scope: Scope, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The problem of a request whose body nobody goes on reading."""
    return _problem(Request(scope), status, detail, headers={"Connection": "close", **(headers or {})})


async def _on_matinee_error(request: Request, raised: Exception) -> Response:
    error = cast("MatineeError", raised)
    if error.http_status >= 500:
        log.warning("request_failed", path=request.url.path, error=str(error))
    more = {"hint": error.hint} if error.hint else {}
    return _problem(request, error.http_status, error.message, kind=f"{KIND}{error.code}", title=error.title, more=more)


async def _on_invalid_request(request: Request, raised: Exception) -> Response:
    found = cast("RequestValidationError", raised).errors()
    errors = [{"field": ".".join(map(str, error["loc"])), "message": error["msg"]} for error in found]
    detail = "; ".join(f"{error['field']}: {error['message']}" for error in errors[:3])
    return _problem(
        request,
        422,
        detail,
        kind=f"{KIND}invalid-request",
        title="Invalid request",
        more={"errors": errors},
    )


async def _on_http_error(request: Request, raised: Exception) -> Response:
    error = cast("HTTPException", raised)
    return _problem(request, error.status_code, str(error.detail), headers=error.headers)


async def _on_bug(request: Request, raised: Exception) -> Response:
    # Outside of the middleware that binds the id; uvicorn logs the traceback.
    log.error("request_crashed", request_id=request.state.request_id, path=request.url.path, error=repr(raised))
    # This handler runs outside of the middleware that sets the id on every other answer, and uvicorn hangs up after it.
    headers = {"X-Request-ID": request.state.request_id, "Connection": "close"}
    return _problem(request, 500, "The server made a mistake; its log tells more.", headers=headers)


def _problem(
    request: Request,
    status: int,
    detail: str,
    *,
    kind: str = PLAIN,
    title: str = "",
    more: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    document = {
        "type": kind,
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": request.state.request_id,
        **(more or {}),
    }
    return Response(orjson.dumps(document), status, headers, MEDIA_TYPE)
