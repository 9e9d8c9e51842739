"""A swap among workers of which one cannot: all of them switch, or all stay with the old model."""

import asyncio
import json
from collections.abc import Callable, Iterable
from itertools import repeat

import pytest

from matinee.serving.model import swap
from matinee.serving.workers.group import PROBLEM, Message, SingleWorker

SOON_S = 2.0
"""Until a swap gives up on a worker; this one follows within it on a busy machine too."""


class WithOneMore(SingleWorker):
    """This worker and another one, which answers by the script: a problem, or None for success."""

    def __init__(self, **script: Iterable[str | None]) -> None:
        self._script = {what: iter(answers) for what, answers in script.items()}
        self.heard: list[Message] = []

    async def ask(self, message: Message) -> list[Message]:
        self.heard.append(message)
        (what,) = message
        problem = next(self._script.get(what, iter(())), None)
        return [*await super().ask(message), {PROBLEM: problem} if problem else {"serves": None}]


class Silent(SingleWorker):
    """This worker and another one, which has not answered since it was asked to prepare."""

    async def ask(self, message: Message) -> list[Message]:
        if "prepare" in message:
            await asyncio.sleep(30)
        return await super().ask(message)


@pytest.fixture
def begin(start, mlflow) -> Callable:
    """Starts with version 1 in all workers; version 2 is registered."""

    def begin(group: SingleWorker):
        mlflow.register(1)
        api = start()
        assert api.swap(1).status_code == 200
        mlflow.register(2, produce=False)
        return start(group=group)

    return begin


@pytest.fixture
def deployed(settings) -> Callable[[], str]:
    path = settings.home / "serving" / "deployed.json"
    return lambda: json.loads(path.read_bytes())["version"]


def test_all_that_acknowledge_are_counted(begin):
    assert begin(WithOneMore()).swap(2).json()["workers"] == 2


def test_a_worker_that_cannot_load_the_model_ends_the_swap(begin, deployed):
    group = WithOneMore(prepare=["worker 1 has no memory"])
    api = begin(group)
    answer = api.swap(2)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert "worker 1 has no memory" in answer.json()["detail"]
    assert api.served_version() == deployed() == "1"
    assert group.heard[-1] == {"forget": "2"}
    assert api.swap(2).status_code == 200


def test_a_worker_that_does_not_answer_ends_the_swap(begin, deployed, monkeypatch):
    monkeypatch.setattr(swap, "PREPARE_TIMEOUT_S", 0.1)
    api = begin(Silent())
    answer = api.swap(2)
    assert answer.status_code == 500
    assert "not all workers answered" in answer.json()["detail"]
    assert api.served_version() == deployed() == "1"


def test_a_worker_that_is_started_again_while_all_switch_is_waited_for(begin, deployed):
    api = begin(WithOneMore(follow=["worker 1 died", "worker 1 is being restarted", None]))
    assert api.swap(2).json()["workers"] == 2
    assert api.served_version() == deployed() == "2"


def test_when_a_worker_cannot_switch_all_return_to_the_old_model(begin, deployed, monkeypatch):
    monkeypatch.setattr(swap, "FOLLOW_TIMEOUT_S", SOON_S)
    group = WithOneMore(follow=repeat("worker 1 died"))
    api = begin(group)
    before = api.recommend("u2")["items"]
    answer = api.swap(2)
    assert answer.status_code == 500
    assert "worker 1 died" in answer.json()["detail"]
    assert api.served_version() == deployed() == "1"
    assert api.recommend("u2")["items"] == before
    assert group.heard[-1] == {"follow": "1"}


def test_the_first_model_stays_when_a_worker_could_not_switch_to_it(start, mlflow, deployed, monkeypatch):
    monkeypatch.setattr(swap, "FOLLOW_TIMEOUT_S", SOON_S)
    dead = ["worker 1 died"]
    api = start(group=WithOneMore(follow=(dead[0] if dead else None for _ in repeat(None))))
    mlflow.register(1)
    assert api.swap().status_code == 500
    assert api.served_version() == deployed() == "1"
    dead.clear()
    assert api.swap().json()["workers"] == 2
