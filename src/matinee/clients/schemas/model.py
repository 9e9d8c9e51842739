"""The served model, and changing it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer, Name, RequestBody


class SwapRequest(RequestBody, json_schema_extra=shown(examples.SWAP_REQUEST)):
    """Which version to serve."""

    version: Name | None = None
    """A registered version; default is the one with the alias `production`."""


class Swap(Answer, json_schema_extra=shown(examples.SWAP)):
    """A version that every worker serves."""

    version: str
    previous_version: str | None
    workers: int
    """How many serve it: all."""
    duration_s: float


class RatingScale(Answer):
    """The ratings that exist: from `lowest` to `highest`, both included."""

    lowest: float
    highest: float
    step: float
    """Between two neighbours; 0 for any number between the ends."""


class Model(Answer, json_schema_extra=shown(examples.MODEL)):
    """What is served; before the first model `version` is null and `policy` is `popular`."""

    name: str
    version: str | None
    run_id: str | None
    algorithm: str
    chunk_id: int | None
    data_through: datetime | None
    """End of the time that the training data covers."""
    trained_at: datetime | None
    loaded_at: datetime
    metrics: Mapping[str, float]
    policy: Literal["learned", "popular"]
    rating_scale: RatingScale = RatingScale(lowest=0.5, highest=5, step=0.5)
    """Of ratings, whoever gives them."""


class Coverage(Answer, json_schema_extra=shown(examples.COVERAGE)):
    """How the lists since the served model was loaded spread over the catalogue."""

    model_version: str | None
    n_movies: int
    """Size of the catalogue."""
    recommended_movies_ratio: float
    """Part of it that was in a list."""
    n_lists: int
    """Lists that are counted here: of few, the part is small whatever the model."""
    since: datetime
    """When the model was loaded, and counting began."""
