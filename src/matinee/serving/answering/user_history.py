"""The history that ranking starts from: what the model has learned of a user, and what the database knows since."""

from datetime import UTC, datetime

import numpy as np

from matinee.ranking import History, ListRequest, UserRef
from matinee.ratings.feedback.store import UserFeedback
from matinee.ratings.feedback.withdrawals import Withdrawn
from matinee.serving.model.served import ServedModel


def user_ref(served: ServedModel, user_id: str, said: UserFeedback, now: float | None) -> UserRef:
    """All that is known of a user, from training and from a moment ago.

    What the model learned of a user who took back a part of it does not hold: all that is left is a history.
    """
    user_index, news = served.user_index.get(user_id), served.news(said.ratings)
    if not said.withdrawn:
        return served.model.user(user_index, news, now)
    rest = learned_history(served, user_id, said.withdrawn)
    if len(rest) == len(served.model.history(user_index)):
        return served.model.user(user_index, news, now)
    return UserRef(rest.with_news(news), now=now)


def newest_received(said: UserFeedback) -> datetime:
    """When the newest of a user's live ratings was received; 1970 for none."""
    return max((rating.received_at for rating in said.ratings), default=datetime.fromtimestamp(0, UTC))


def with_watch_list(wanted: ListRequest, said: UserFeedback) -> ListRequest:
    """A request whose filters name the movies of the user's watch list, where that is left out or the only source."""
    filters, listed = wanted.filters, tuple(said.watch_list)
    if filters.watch_list == "include":
        return wanted
    if filters.watch_list == "exclude":
        filters = filters._replace(without_movies=filters.without_movies + listed)
    else:
        allowed = listed if filters.only_movies is None else filters.only_movies
        filters = filters._replace(only_movies=tuple(each for each in listed if each in allowed))
    return wanted._replace(filters=filters)


def n_known_ratings(served: ServedModel, user_id: str, said: UserFeedback) -> int:
    """Number of movies of which a rating by the user is known."""
    learned = learned_history(served, user_id, said.withdrawn).items.tolist()
    return len({served.catalogue.movie_id(row) for row in learned} | {rating.movie_id for rating in said.ratings})


def learned_history(served: ServedModel, user_id: str, withdrawn: Withdrawn) -> History:
    """What the model has learned from a user, without what the user took back."""
    learned = served.model.history(served.user_index.get(user_id))
    if not withdrawn or len(learned) == 0:
        return learned
    rows = zip(learned.items.tolist(), learned.rated_at.tolist(), strict=True)
    covered = [
        withdrawn.covers(served.catalogue.movie_id(row), datetime.fromtimestamp(seconds, UTC)) for row, seconds in rows
    ]
    kept = ~np.array(covered)
    return learned.part(kept)
