"""A worker waits for a database that is a server, but not for long, and not again at once."""

import asyncio
import time

import pytest
from pydantic import SecretStr

from matinee.errors import DependencyUnreachable
from matinee.serving import database
from matinee.serving.database import DatabasePatience
from matinee.settings import Settings


@pytest.fixture(autouse=True)
def no_patience(monkeypatch):
    for name in ("FIRST_PATIENCE_S", "PATIENCE_S"):
        monkeypatch.setattr(database, name, 0.01)


@pytest.fixture
def patience() -> DatabasePatience:
    return DatabasePatience(Settings(database_url=SecretStr("postgresql://127.0.0.1/none"), _env_file=None))


async def ask(patience: DatabasePatience, asked: list[str], takes_s: float, *, is_quick: bool = True) -> None:
    async with patience.waiting(is_quick=is_quick):
        asked.append("asked")
        await asyncio.sleep(takes_s)


def test_a_server_that_does_not_answer_is_given_up_and_left_alone_for_a_while(patience, monkeypatch):
    asked: list[str] = []
    with pytest.raises(DependencyUnreachable, match="did not answer in time"):
        asyncio.run(ask(patience, asked, 60))
    with pytest.raises(DependencyUnreachable, match="a moment ago"):
        asyncio.run(ask(patience, asked, 0))
    assert (asked, patience.is_over) == (["asked"], True)
    later = time.monotonic() + database.AGAIN_S
    monkeypatch.setattr(database.time, "monotonic", lambda: later)
    asyncio.run(ask(patience, asked, 0))
    assert (asked, patience.is_over) == (["asked", "asked"], False)


def test_a_long_question_is_given_up_too_and_keeps_nobody_else_from_asking(patience):
    asked: list[str] = []
    with pytest.raises(DependencyUnreachable, match="did not answer in time"):
        asyncio.run(ask(patience, asked, 60, is_quick=False))
    asyncio.run(ask(patience, asked, 0))
    assert (asked, patience.is_over) == (["asked", "asked"], False)


def test_a_connection_may_take_longer_and_is_not_waited_for_for_ever(patience, monkeypatch):
    connected: list[str] = []

    async def connect(takes_s: float) -> None:
        await asyncio.sleep(takes_s)
        connected.append("connected")

    asyncio.run(patience.begin(lambda: connect(60)))
    assert (connected, patience.is_over) == ([], False)
    monkeypatch.setattr(database, "FIRST_PATIENCE_S", 60)
    asyncio.run(patience.begin(lambda: connect(0.05)))
    assert connected == ["connected"]


def test_a_file_is_waited_for_as_long_as_it_takes(tmp_path):
    asked: list[str] = []
    asyncio.run(ask(DatabasePatience(Settings(home=tmp_path, _env_file=None)), asked, 0.05))
    assert asked == ["asked"]
