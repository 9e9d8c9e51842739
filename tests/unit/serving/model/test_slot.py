"""What happens to the model that was served before."""

from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np

from matinee.serving.model import slot
from matinee.serving.model.slot import ModelSlot
from matinee.serving.workers.background import submit_to_background


def served(popularity: np.ndarray) -> SimpleNamespace:
    return SimpleNamespace(model=SimpleNamespace(popularity=popularity))


def test_the_memory_of_the_model_before_goes_back_once_its_pages_are_released(settings, monkeypatch):
    done: list[object] = []
    monkeypatch.setattr(slot, "release_pages", done.append)
    monkeypatch.setattr(slot, "return_freed_memory", lambda: done.append("returned"))
    holder = ModelSlot(settings, SimpleNamespace(), SimpleNamespace(serve=lambda _: None))
    before, after = served(np.ones(3)), served(np.ones(3))
    holder._current = before
    holder._replace(after)
    ended: Future[None] = Future()
    submit_to_background(lambda: ended.set_result(None))  # one after the other
    ended.result(10)
    assert holder.current is after
    assert done[0] is before.model.popularity
    assert done[1:] == ["returned"]
