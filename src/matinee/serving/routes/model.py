"""Which model is served, and changing it."""

import secrets
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from matinee.clients.mlflow_rest import NAME
from matinee.clients.schemas.model import Coverage, Model, RatingScale, Swap, SwapRequest
from matinee.ratings.sources import scale_of
from matinee.serving import problems
from matinee.serving.services import Server

router = APIRouter(tags=["model"])

_bearer = HTTPBearer(auto_error=False, description="`secrets/api_token` in the home, or MATINEE_API_TOKEN.")


async def _with_token(
    server: Server, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    given = credentials.credentials if credentials else ""
    # Two empty texts are equal: without a token of its own the server lets nobody in.
    if not server.token or not secrets.compare_digest(given.encode(), server.token.encode()):
        raise HTTPException(
            401, "This needs the server's bearer token: secrets/api_token in its home.", {"WWW-Authenticate": "Bearer"}
        )


Authorized = Depends(_with_token)
"""Of a route that changes what everybody gets. A page of another site cannot know the token."""


@router.get("/v1/model")
async def model(server: Server) -> Model:
    """The served model."""
    served = server.slot.current
    made = served.provenance
    return Model(
        name=NAME,
        version=served.version,
        run_id=served.run_id,
        algorithm=made.algorithm,
        chunk_id=made.chunk_id,
        data_through=made.data_through,
        trained_at=made.trained_at,
        loaded_at=served.loaded_at,
        metrics=served.registered.metrics if served.registered else {},
        policy=served.policy,
        rating_scale=RatingScale(**asdict(scale_of(server.settings))),
    )


@router.get("/v1/model/coverage")
async def coverage(server: Server) -> Coverage:
    """How much of the catalogue the served model has recommended to people."""
    served, counted = server.slot.current, server.metrics.coverage
    return Coverage(
        model_version=served.version,
        n_movies=len(served.catalogue),
        recommended_movies_ratio=counted.share if counted else 0.0,
        n_lists=counted.n_lists if counted else 0,
        since=counted.since if counted else served.loaded_at,
    )


@router.post(
    "/v1/model",
    dependencies=[Authorized],
    responses=problems.documented(
        problems.NOT_A_TEXT,
        problems.NO_TOKEN,
        {
            404: "There is no such version, or none is in production.",
            422: "The body is not as described here, or the model is damaged.",
            500: "Not every worker can serve it.",
            503: "MLflow does not answer, or the disk refuses the model.",
        },
    ),
)
async def swap_model(server: Server, wanted: SwapRequest | None = None) -> Swap:
    """Serve a version, by default the one in production, without a pause.

    Answers when every worker serves it. After any problem the old model goes on serving. The version that is served
    already is fine too.
    """
    return await server.swapper.swap(wanted.version if wanted else None)
