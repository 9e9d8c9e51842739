"""Before a swap: the answers that people asked for lately, made with the model that is about to be served."""

import asyncio
import time

import structlog

from matinee.errors import MatineeError
from matinee.serving.answering.batching import RequestBatcher
from matinee.serving.answering.entries import made_with
from matinee.serving.answering.response_cache import ResponseCache
from matinee.serving.model.served import ServedModel

log = structlog.get_logger()

MOST = 5_000
"""Answers that are made at most, those asked for last first."""

BUDGET_S = 1.0
"""Time that it takes at most, with all requests that are answered between two of them."""

AT_ONCE = 8
"""Answers between which nobody else is answered, where making them at once is cheaper; else one."""


async def remake(
    responses: ResponseCache, batcher: RequestBatcher, served: ServedModel, share_of_new: float, hour: float | None
) -> None:
    """Fill the cache of a model that nobody is answered with yet, so that a swap does not find it empty.

    Only with answers of this `hour`: lists are made for an hour, and nobody is given those of another one.
    An answer that cannot be made is left to whoever asks for it: a genre, for one, may have gone.
    """
    deadline, n_made = time.monotonic() + BUDGET_S, 0
    wanted = responses.newest(MOST, hour)
    step = AT_ONCE if served.benefits_from_batching else 1
    for start in range(0, len(wanted), step):
        if time.monotonic() > deadline:
            break
        began = time.monotonic()
        several = wanted[start : start + step]
        made = await asyncio.gather(
            *(made_with(batcher, served, key, entry.said, share_of_new) for key, entry in several),
            return_exceptions=True,
        )
        for (key, _), entry in zip(several, made, strict=True):
            if isinstance(entry, BaseException):
                if not isinstance(entry, MatineeError):
                    raise entry
            else:
                responses.make_ready(key, served, entry)
                n_made += 1
        await asyncio.sleep(time.monotonic() - began)
    log.info("answers_remade", version=served.version, answers=n_made, of=len(wanted))
