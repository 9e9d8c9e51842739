"""How the workers of one server agree: a message goes to all of them, and each answers.

A worker has one socket, to the parent (`prefork`), which knows which workers live and passes messages on. One JSON
object a line:

    worker → parent    {"ask": 7, "message": {…}}           tell all workers, the sender too
    parent → workers   {"deliver": 31, "message": {…}}
    worker → parent    {"deliver": 31, "answer": {…}}
    parent → worker    {"ask": 7, "answers": [{…}, …]}      one for each worker
    parent → workers   {"ping": true}                       every second
    worker → parent    {"pong": true}                       from the event loop: this worker is not frozen

A closed socket tells that the process at its other end has died.
"""

import asyncio
import json
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from typing import Any, Protocol

import structlog

log = structlog.get_logger()

Message = dict[str, Any]
Handler = Callable[[Message], Awaitable[Message]]

PROBLEM = "problem"
"""Key of an answer that says why a worker could not do what it was asked for."""

PING, PONG = "ping", "pong"
PING_INTERVAL_S = 1.0
PARENT_FROZEN_AFTER_S = 10.0
"""Silence after which a worker takes its parent for frozen and kills it: no worker would be restarted any more."""

ORPHAN_GRACE_S = 5.0
"""How long a worker whose parent has died may take to finish its requests."""


class WorkerGroup(Protocol):
    """All workers of a server, from the view of one of them."""

    is_first: bool
    """Whether this worker does what one of them has to do for all."""

    async def listen(self, handle: Handler) -> None:
        """Answer messages with `handle`, until cancelled."""
        ...

    async def ask(self, message: Message) -> list[Message]:
        """What each worker answers, this one included; `problem` in the place of one that is dead."""
        ...


class SingleWorker:
    """The group of a server that has one worker."""

    is_first = True

    async def listen(self, handle: Handler) -> None:
        """See `WorkerGroup.listen`."""
        self._handle = handle

    async def ask(self, message: Message) -> list[Message]:
        """See `WorkerGroup.ask`."""
        return [await answered(self._handle, message)]


class ForkedGroup:
    """The group of workers that were forked by one parent (`prefork`)."""

    def __init__(self) -> None:
        self.is_first = False
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[list[Message]]] = {}
        self._connected = asyncio.Event()

    def connect(self, number: int, link: socket.socket) -> None:
        """Become the worker with this number, from 0, by its socket to the parent."""
        self.is_first = number == 0
        self._link = link
        self._parent = os.getppid()

    async def listen(self, handle: Handler) -> None:
        """See `WorkerGroup.listen`; when the parent dies this process ends too."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._link)
        self._connected.set()
        inbox: asyncio.Queue[Message] = asyncio.Queue()
        answering = asyncio.create_task(self._answer(inbox, handle))
        try:
            with suppress(ConnectionError):  # a parent that is killed may leave that, or just an end
                while received := await self._received(reader):
                    self._dispatch(json.loads(received), inbox)
            _end_this_process()
        finally:
            answering.cancel()
            self._writer.close()

    async def ask(self, message: Message) -> list[Message]:
        """See `WorkerGroup.ask`."""
        await self._connected.wait()
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send({"ask": number, "message": message})
            return await self._waiting[number]
        finally:
            del self._waiting[number]

    async def _received(self, reader: asyncio.StreamReader) -> bytes:
        """The next line; empty when the parent has died, or is killed here because it is frozen."""
        # Half of the time twice: a process that was itself stopped finds its clock advanced before it reads anything.
        for _ in range(2):
            with suppress(TimeoutError):
                return await asyncio.wait_for(reader.readline(), PARENT_FROZEN_AFTER_S / 2)
        log.warning("parent_frozen", pid=self._parent, silent_s=PARENT_FROZEN_AFTER_S)
        if os.getppid() == self._parent:
            os.kill(self._parent, signal.SIGKILL)
        return b""

    def _dispatch(self, received: Message, inbox: asyncio.Queue[Message]) -> None:
        """Give answers to the caller that waits for them; queue messages, which are answered in order."""
        if PING in received:
            self._writer.write(line({PONG: True}))
        elif "deliver" in received:
            inbox.put_nowait(received)
        elif received["ask"] in self._waiting:
            self._waiting[received["ask"]].set_result(received["answers"])

    async def _answer(self, inbox: asyncio.Queue[Message], handle: Handler) -> None:
        """Answer what is queued; a worker that cannot any more closes its link, and is replaced."""
        try:
            while True:
                received = await inbox.get()
                answer = await answered(handle, received["message"])
                await self._send({"deliver": received["deliver"], "answer": answer})
        except Exception:
            log.exception("messages_cannot_be_answered")
            self._writer.close()

    async def _send(self, content: Message) -> None:
        self._writer.write(line(content))
        await self._writer.drain()


async def answered(handle: Handler, message: Message) -> Message:
    """The answer of `handle`; whatever it raises is answered as a problem, so that nobody waits for it in vain."""
    try:
        return await handle(message)
    except Exception as error:
        log.exception("message_not_handled", message=message)
        return {PROBLEM: f"{type(error).__name__}: {error}"}


def line(content: Message) -> bytes:
    """One line on a link."""
    return json.dumps(content).encode() + b"\n"


def _end_this_process() -> None:
    """Stop as after SIGTERM, and soon in any case."""
    last_resort = threading.Timer(ORPHAN_GRACE_S, os._exit, (1,))
    last_resort.daemon = True
    last_resort.start()
    signal.raise_signal(signal.SIGTERM)
