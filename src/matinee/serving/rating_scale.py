"""The scale of ratings of this home, for whoever asks: checked in each request, and told in the OpenAPI document."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from matinee.clients.schemas.fields import ON_SCALE
from matinee.ratings.scale import Scale
from matinee.ratings.sources import scale_of
from matinee.settings import Settings


def require_on_scale(scale: Scale, ratings: Iterable[tuple[tuple[str | int, ...], float]]) -> None:
    """Refuse ratings that are not on the scale of this home, each with its place in the request.

    Raises:
        RequestValidationError: some are not.
    """
    wrong = [place for place, rating in ratings if not scale.holds(rating)]
    if wrong:
        message = f"Input should be on the scale of this home: {scale.words}"
        raise RequestValidationError([{"type": "rating_scale", "loc": place, "msg": message} for place in wrong])


def install(app: FastAPI, settings: Settings) -> None:
    """Tell the scale in the OpenAPI document of `app`, as it is whenever somebody reads it."""
    plain = app.openapi

    def with_scale() -> dict[str, Any]:
        document, scale = plain(), scale_of(settings)
        bounds = {"minimum": scale.lowest, "maximum": scale.highest}
        # `multipleOf` counts from zero, the steps of a scale from its lowest rating.
        is_multiple = scale.step > 0 and Scale(0, abs(scale.lowest), scale.step).holds(abs(scale.lowest))
        steps = {"multipleOf": scale.step} if is_multiple else {}
        for field in _fields(document["components"]["schemas"]):
            for name in ("minimum", "maximum", "multipleOf"):
                field.pop(name, None)
            field.update(bounds | steps)
        return document

    app.openapi = with_scale  # type: ignore[method-assign]  # as FastAPI tells to


def _fields(part: Any) -> Iterable[dict[str, Any]]:  # noqa: ANN401  of a JSON document
    if isinstance(part, dict):
        if part.get(ON_SCALE):
            yield part
        for each in part.values():
            yield from _fields(each)
    elif isinstance(part, list):
        for each in part:
            yield from _fields(each)
