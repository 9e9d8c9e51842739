"""Lists of one or several known users as of a moment: read in pages, and without what was shown lately."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress

import numpy as np

from matinee.ranking import Aggregation, Filters, ListRequest, Ranking
from matinee.serving.answering.paging import AsOf, Place
from matinee.serving.answering.user_history import newest_received, user_ref, with_watch_list
from matinee.serving.model.served import ServedModel
from matinee.serving.services import Services


@dataclass(frozen=True)
class ListsOfUsers:
    """One list, for everybody named."""

    user_ids: Sequence[str]
    wanted: ListRequest
    """Without its length."""
    not_shown_days: int | None
    """Leave out what was shown in so many days and not clicked; None for nothing."""
    aggregation: Aggregation | None
    """None for the list of one user."""

    @property
    def asked(self) -> object:
        """What tells it from other lists by its `repr`: all but its `UserRef`, whose arrays cost much."""
        return self.user_ids, self.wanted[1:], self.not_shown_days, self.aggregation

    async def make(
        self, server: Services, served: ServedModel, as_of: AsOf, k: int, place: Place
    ) -> tuple[Ranking, datetime]:
        """See `paging.Make`."""
        said = [await server.feedback.of_user_until(user_id, as_of.said_until) for user_id in self.user_ids]
        wanted = self.wanted._replace(k=k, page=place, filters=await self._filters(server, as_of.shown_until))
        requests = [
            served.request(with_watch_list(wanted, each), user_ref(served, user_id, each, as_of.hour))
            for user_id, each in zip(self.user_ids, said, strict=True)
        ]
        newest = max(newest_received(each) for each in said)
        if self.aggregation is None:
            return await server.batcher.recommend(served, requests[0]), newest
        return served.rank_together(requests, self.aggregation), newest

    async def visible(self, server: Services, served: ServedModel, ranking: Ranking) -> Ranking:
        """A page without what somebody has hidden since its list was begun: that takes effect at once."""
        said = [await server.feedback.of_user(user_id) for user_id in self.user_ids]
        refs = [user_ref(served, user_id, each, None) for user_id, each in zip(self.user_ids, said, strict=True)]
        kept = ~np.isin(ranking.items, np.concatenate([each.history.hidden for each in refs]))
        if kept.all():
            return ranking
        reasons = None if ranking.reasons is None else list(compress(ranking.reasons, kept.tolist()))
        return replace(ranking, items=ranking.items[kept], scores=ranking.scores[kept], reasons=reasons)

    async def _filters(self, server: Services, until: datetime) -> Filters:
        filters = self.wanted.filters
        if self.not_shown_days is None:
            return filters
        ignored = [await server.shown.ignored(user_id, self.not_shown_days, until) for user_id in self.user_ids]
        return filters._replace(without_movies=(*filters.without_movies, *sorted(set().union(*ignored))))
