"""Lists as they are answered: ranked, put into words, and written as JSON but for the id of the request."""

from collections.abc import Mapping
from itertools import repeat

import orjson

from matinee.ranking import Ranking
from matinee.ratings.feedback.store import UserFeedback
from matinee.serving.answering.batching import RequestBatcher
from matinee.serving.answering.exploring import NOTHING, Explored, explore
from matinee.serving.answering.response_cache import CacheEntry, ListOfUser
from matinee.serving.answering.user_history import user_ref, with_watch_list
from matinee.serving.model.reason_words import ReasonWords
from matinee.serving.model.served import ServedModel


async def made_with(
    batcher: RequestBatcher, served: ServedModel, key: ListOfUser, said: UserFeedback, share_of_new: float
) -> CacheEntry:
    """The answer of a model to a user who has said so much; `share_of_new` of it explores new movies."""
    user_id, wanted, now = key
    listed = served.request(with_watch_list(wanted, said), user_ref(served, user_id, said, now))
    ranking = await batcher.recommend(served, listed)
    ranking, new = await explore(batcher, served, listed, ranking, share_of_new, (user_id, now))
    return entry_of(served, said, ranking, {"user_id": user_id}, ReasonWords(wanted.language), new)


def entry_of(
    served: ServedModel,
    said: UserFeedback,
    ranking: Ranking,
    about: Mapping[str, object],
    words: ReasonWords,
    explored: Explored = NOTHING,
) -> CacheEntry:
    """A ranked list as it is answered, and kept while `said` is all that its user has said."""
    before_id, after_id = body_of(served, ranking, about, words, explored)
    movie_ids = tuple([served.catalogue.movie_id(row) for row in ranking.items.tolist()])
    return CacheEntry(said, ranking.policy, ranking.items, movie_ids, before_id, after_id, explored)


def body_of(
    served: ServedModel,
    ranking: Ranking,
    about: Mapping[str, object],
    words: ReasonWords,
    explored: Explored = NOTHING,
) -> tuple[bytes, bytes]:
    """The JSON of a ranked list before and after the id of the request."""
    rows, scores = ranking.items.tolist(), ranking.scores.tolist()
    # Bytes at once: passing through the response model, or through dictionaries, would cost as much as the ranking.
    items = [
        b"".join(
            (
                served.catalogue.opened(row),
                b',"score":',
                orjson.dumps(score),
                served.because(reason, words),
                b',"explored":true}' if row in explored.rows else b"}",
            )
        )
        for row, score, reason in zip(rows, scores, ranking.reasons or repeat(None), strict=False)
    ]
    made = {**about, "policy": ranking.policy, "model_version": served.version, "run_id": served.run_id}
    before_id = orjson.dumps(made)[:-1] + b',"request_id":"'
    return before_id, b'","items":[' + b",".join(items) + b"]}"
