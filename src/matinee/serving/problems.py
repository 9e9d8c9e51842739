"""Errors as problem documents (RFC 9457): the one place where an error becomes an HTTP answer."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from matinee.clients.schemas.problems import KIND, MEDIA_TYPE, PLAIN, Problem
from matinee.errors import MatineeError

log = structlog.get_logger()


ANY_ROUTE: Mapping[int, str] = {
    403: "The `Origin` is a web page of another site.",
    408: "The request was not complete in time.",
    413: "The body is too large.",
    421: "The `Host` is not a name of this server; health checks are answered all the same.",
    500: "The server made a mistake; its log tells more.",
    503: "The answer took too long.",
}
"""Errors that the middleware answers, whatever the route."""

NOT_AS_DESCRIBED: Mapping[int, str] = {422: "A parameter or the body is not as described here."}
NOT_A_TEXT: Mapping[int, str] = {400: "The body is not text."}
NO_SUCH_GENRE: Mapping[int, str] = {400: "No movie has one of these genres."}
NO_LONGER_VALID: Mapping[int, str] = {
    410: "The list cannot be made any more as it was for the pages before: begin again without a cursor."
}
NO_TOKEN: Mapping[int, str] = {401: "The bearer token is missing or wrong."}
TOO_MANY: Mapping[int, str] = {
    429: "This client has sent as much as it may in a minute; `Retry-After` tells when again."
}
NO_DATABASE: Mapping[int, str] = {503: "The database does not answer, or the answer took too long."}
NO_REGISTRY: Mapping[int, str] = {503: "MLflow or the database does not answer, or the answer took too long."}
NO_AIRFLOW: Mapping[int, str] = {503: "Airflow does not answer, or the answer took too long."}


def documented(*errors: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """How a route documents the errors that it can answer: for each status, when."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found = {status: when for each in errors for status, when in each.items()}
    return {status: {"description": when, "content": content} for status, when in sorted(found.items())}


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document, and describe that document in its OpenAPI."""
    plain = app.openapi

    def with_problems() -> dict[str, Any]:
        schemas = plain()["components"]["schemas"]
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs"), Problem=problem)
        return plain()

    app.openapi = with_problems  # type: ignore[method-assign]  # as FastAPI tells to
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
