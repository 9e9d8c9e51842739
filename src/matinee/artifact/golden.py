"""Golden requests: what a model answered where it was trained, to be answered alike wherever it is loaded.

Hashes prove that the bytes arrived; golden requests prove that this machine, with its own numpy and its own processor,
makes the same lists of them.
"""

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter

from matinee.errors import BadData
from matinee.ranking import History, RankingModel, recommend

K = 10
N_USERS = 8
RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE = 1e-3, 1e-4
"""Of a score; another processor adds float32 numbers in another order."""


class GoldenRequest(BaseModel):
    """A request and its answer, in matrix rows."""

    model_config = ConfigDict(frozen=True)

    user_index: int | None
    history: tuple[tuple[int, float, int], ...]
    """News of the user: movie row, stars, seconds since 1970."""
    items: tuple[int, ...]
    scores: tuple[float, ...]


GoldenRequests = TypeAdapter(list[GoldenRequest])


def sample(model: RankingModel) -> list[GoldenRequest]:
    """Requests of users spread over the training data, of strangers with the same histories, and of nobody.

    Lists with movies of which the model knows nothing are left out: older servers have them in another order.
    """
    chosen = np.unique(np.linspace(0, model.n_users - 1, min(N_USERS, model.n_users)).astype(int))
    known = [_answered(model, int(user), ()) for user in chosen]
    strangers = [_answered(model, None, _news(model.history(int(user)))) for user in chosen]
    told = [each for each in (*known, *strangers) if model.scorer is None or _is_told(model, each)]
    return [*told, _answered(model, None, ())]


def check(model: RankingModel, requests: list[GoldenRequest]) -> None:
    """Compare the answers of a loaded model with those of its training.

    Raises:
        BadData: an answer differs by more than rounding.
    """
    for number, expected in enumerate(requests, 1):
        answer = _answered(model, expected.user_index, expected.history)
        if not _is_alike(answer, expected) and not _said_nothing(model, expected):
            raise BadData(
                f"The model artifact is refused: golden request {number} of {len(requests)} is answered differently.",
                "Train it again, or deploy another version.",
            )


def _is_told(model: RankingModel, request: GoldenRequest) -> bool:
    """Whether the model knows something of each movie of a list."""
    return all(request.scores) and not _is_popular(model, request)


def _is_popular(model: RankingModel, request: GoldenRequest) -> bool:
    """Whether the model knows nothing of whom the request is for."""
    return bool(np.array_equal(request.scores, model.popularity[list(request.items)]))


def _said_nothing(model: RankingModel, expected: GoldenRequest) -> bool:
    """Whether the model knows nothing of a user: older artifacts have a list of zeros for them."""
    asks = model.scorer is not None and (expected.user_index is not None or bool(expected.history))
    return asks and _is_popular(model, _answered(model, expected.user_index, expected.history))


def _answered(
    model: RankingModel, user_index: int | None, history: tuple[tuple[int, float, int], ...]
) -> GoldenRequest:
    items, ratings, rated_at = zip(*history, strict=True) if history else ((), (), ())
    news = History(np.array(items, np.int32), np.array(ratings, np.float32), np.array(rated_at, np.int64))
    ranking = recommend(model, user_index, news, K)
    return GoldenRequest(
        user_index=user_index,
        history=history,
        items=tuple(ranking.items.tolist()),
        scores=tuple(ranking.scores.tolist()),
    )


def _is_alike(answer: GoldenRequest, expected: GoldenRequest) -> bool:
    """Same scores; at most one movie may differ, where two score alike."""
    if len(answer.scores) != len(expected.scores):
        return False
    same_scores = np.allclose(answer.scores, expected.scores, RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE)
    said = {item for item, score in zip(answer.items, answer.scores, strict=True) if score}
    return bool(same_scores) and len(said - set(expected.items)) <= 1


def _news(history: History) -> tuple[tuple[int, float, int], ...]:
    return tuple(zip(history.items.tolist(), history.ratings.tolist(), history.rated_at.tolist(), strict=True))
