"""All versions: what became of them, why, and what they would recommend."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from matinee.clients.mlflow_rest import RegisteredVersion
from matinee.clients.schemas.fields import PathId, PathName
from matinee.clients.schemas.recommendations import Recommendations
from matinee.clients.schemas.versions import Decision, ModelEvent, Version, VersionRecord, Versions
from matinee.ranking import ListRequest
from matinee.serving import problems
from matinee.serving.answering.user_history import user_ref
from matinee.serving.pipeline.versions import SHOWN, RegisteredVersions
from matinee.serving.routes.list_parameters import Filtered, K
from matinee.serving.routes.recommendations import ranked_answer
from matinee.serving.services import Server

router = APIRouter(tags=["pipeline"])

Number = Annotated[PathName, Path(description="A registered version.")]


@router.get("/v1/versions", responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.NO_REGISTRY))
async def versions(server: Server, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Versions:
    """Registered versions, newest first, with their metrics beside the baselines', verdicts, and when they served."""
    found = await server.versions.newest(limit)
    on_disk = await server.on_demand.available()
    return Versions(
        production=found.production,
        roll_back_to=found.roll_back_to,
        is_held=found.is_held,
        versions=tuple(
            Version(**_version(found, each, on_disk), metrics=_shown(found.metrics[each.run_id]))
            for each in found.versions
        ),
    )


# Before the route of one version, which would take the path as one.
@router.get(
    "/v1/versions/{version}/users/{user_id:path}/recommendations",
    response_model=Recommendations,
    responses=problems.documented(
        problems.NO_SUCH_GENRE,
        {404: "The version is not on this server's disk."},
        problems.NOT_AS_DESCRIBED,
        problems.NO_DATABASE,
    ),
)
async def recommend_by_version(
    request: Request,
    server: Server,
    version: Number,
    user_id: Annotated[PathId, Path()],
    filters: Filtered,
    k: K = 10,
) -> Response:
    """What a version that is on this server's disk would recommend to a user, to be compared; nobody is shown it."""
    served = await server.on_demand.model(version)
    user = user_ref(served, user_id, await server.feedback.of_user(user_id), await server.clock.hour())
    ranking = await server.batcher.recommend(served, served.request(ListRequest(k=k, filters=filters), user))
    request.state.policy = ranking.policy
    return ranked_answer(request, served, ranking, {"user_id": user_id})


@router.get(
    "/v1/versions/{version:path}",
    responses=problems.documented({404: "There is no such version."}, problems.NOT_AS_DESCRIBED, problems.NO_REGISTRY),
)
async def version(server: Server, version: Number) -> VersionRecord:
    """One version, with all its metrics, the record of the decision on it, and its history."""
    found, decision = await server.versions.one(version)
    (record,) = found.versions
    return VersionRecord(
        **_version(found, record, await server.on_demand.available()),
        metrics=found.metrics[record.run_id],
        decision=None if decision is None else Decision.model_validate(decision),
        events=tuple(
            ModelEvent(what=event.what, at=event.at, previous_version=event.previous_version, reason=event.reason)
            for event in found.events
            if event.version == record.version
        ),
    )


def _version(found: RegisteredVersions, version: RegisteredVersion, on_disk: list[str]) -> dict[str, Any]:
    tags = version.tags
    return {
        "version": version.version,
        "run_id": version.run_id,
        "stage": found.stage(version),
        "chunk_id": tags.chunk_id,
        "data_through": tags.data_through,
        "created_at": version.created_at,
        "verdict": tags.verdict,
        "reason": tags.reason,
        "is_rolled_back": found.is_rolled_back(version),
        "served": found.served(version),
        "is_on_disk": version.version in on_disk,
        "has_artifacts": not tags.artifacts,
        "is_pinned": bool(tags.pinned),
    }


def _shown(metrics: dict[str, float]) -> dict[str, float]:
    return {name: metrics[name] for name in SHOWN if name in metrics}
