"""Requests that come at the same moment are ranked at once: one pass over the catalogue serves them all."""

import asyncio

from matinee.ranking import ListRequest, Ranking
from matinee.serving.model.served import ServedModel

ENOUGH = 16
"""Requests that are ranked without looking for more."""


class RequestBatcher:
    """Ranks when the event loop has read all requests that are there.

    Nobody waits for others to come, only for those that have come to be read: who comes alone is answered a turn of the
    event loop later, and the busier a worker is, the more have come by the time that it can rank again.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[ServedModel, ListRequest, asyncio.Future[Ranking]]] = []

    async def recommend(self, served: ServedModel, request: ListRequest) -> Ranking:
        """The list that `served` makes; see `matinee.ranking.recommend_many`."""
        if not served.benefits_from_batching:
            return served.rank([request])[0]
        loop = asyncio.get_running_loop()
        ranking: asyncio.Future[Ranking] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._rank, 0)
        self._waiting.append((served, request, ranking))
        return await ranking

    def _rank(self, n_last_turn: int) -> None:
        if n_last_turn < len(self._waiting) < ENOUGH:
            asyncio.get_running_loop().call_soon(self._rank, len(self._waiting))
            return
        waiting, self._waiting = self._waiting, []
        # More than one model only while a swap is under way.
        for model in {id(served): served for served, *_ in waiting}.values():
            own = [(request, future) for served, request, future in waiting if served is model and not future.done()]
            self._rank_with(model, own)

    def _rank_with(self, served: ServedModel, waiting: list[tuple[ListRequest, asyncio.Future[Ranking]]]) -> None:
        requests, futures = zip(*waiting, strict=True) if waiting else ((), ())
        try:
            for future, ranking in zip(futures, served.rank(requests), strict=True):
                future.set_result(ranking)
        except Exception as error:  # noqa: BLE001  it is the requests' that wait, which raise it
            for future in futures:
                if not future.done():
                    future.set_exception(error)
