"""The page's server of a test, split off a process that has read what it needs: that is most of starting it."""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

PRELOADED = ["streamlit.web.bootstrap", "streamlit.emojis", "uvicorn", "websockets", "altair", "sqlalchemy", "httpx"]
"""Polars is none of them: it has threads, which a process that splits would lose."""


def _run(environment: dict[str, str], arguments: list[str], folder: Path) -> None:
    os.environ |= environment
    os.chdir(folder)
    quiet = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        os.dup2(quiet, output)
    importlib.import_module("streamlit.web.cli").main(arguments)


@contextmanager
def streamlit(environment: dict[str, str], arguments: list[str], folder: Path) -> Iterator[None]:
    """Run `streamlit` with these arguments in `folder` until the end of the block."""
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    server = context.Process(target=_run, args=(environment, arguments, folder))
    server.start()
    try:
        yield
    finally:
        server.terminate()
        server.join(10)
        server.kill()
        server.join()
        server.close()
