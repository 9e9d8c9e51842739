"""A worker's end of the link to its parent."""

import asyncio
import socket

from structlog.testing import capture_logs

from matinee.serving.workers import group
from matinee.serving.workers.group import ForkedGroup, Message, line


async def talk(monkeypatch, answer: object) -> tuple[bytes, bool]:
    """What the parent receives after one message, and whether the worker ends itself."""
    ended = asyncio.Event()
    monkeypatch.setattr(group, "_end_this_process", ended.set)
    ours, theirs = socket.socketpair()
    worker = ForkedGroup()
    worker.connect(1, theirs)

    async def handle(_: Message) -> Message:
        return {"answer": answer}

    reader, writer = await asyncio.open_unix_connection(sock=ours)
    listening = asyncio.create_task(worker.listen(handle))
    writer.write(line({"deliver": 1, "message": {"follow": "7"}}))
    try:
        received = await asyncio.wait_for(reader.readline(), 5)
        if not received:
            await asyncio.wait_for(listening, 5)
    finally:
        listening.cancel()
        writer.close()
    return received, ended.is_set()


def test_a_worker_answers_its_parent(monkeypatch):
    received, has_ended = asyncio.run(talk(monkeypatch, 1))
    assert received == line({"deliver": 1, "answer": {"answer": 1}})
    assert not has_ended


def test_a_worker_that_cannot_answer_any_more_is_told_and_replaced(monkeypatch):
    with capture_logs() as lines:
        assert asyncio.run(talk(monkeypatch, object())) == (b"", True)
    assert [line["event"] for line in lines] == ["messages_cannot_be_answered"]
