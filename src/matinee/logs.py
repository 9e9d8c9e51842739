"""Log lines on stderr: readable on a terminal, one JSON object a line elsewhere."""

import io
import logging
import os
import stat
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class UnbreakableStderr(io.TextIOBase):
    """Stderr that never fails: a log line is not worth a request.

    Whoever reads the other end of the pipe may have died, or have no space for it; the line is lost then.
    """

    def __init__(self) -> None:
        try:
            self._file: int | None = sys.stderr.fileno()
        except (OSError, ValueError):  # a text in memory, as in tests
            self._file = None

    def write(self, text: str) -> int:
        """Write a text at once, so that processes which share stderr do not write into each other's lines."""
        if self._file is None:
            return sys.stderr.write(text)
        with suppress(OSError):
            os.write(self._file, text.encode(errors="replace"))
        return len(text)


def never_wait() -> None:
    """Lose lines rather than wait until somebody reads them; for a server whose stderr is a pipe of its own."""
    with suppress(OSError):  # a text in memory, as in tests, has no number
        if stat.S_ISFIFO(os.fstat(sys.stderr.fileno()).st_mode):
            os.set_blocking(sys.stderr.fileno(), False)


def configure(level: str = "info") -> None:
    """Send every `structlog` line, and what libraries log, to stderr; stdout is left to results."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*common, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        # A line and its end in one write, so that processes which share stderr do not write into each other's lines.
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", UnbreakableStderr())),
        cache_logger_on_first_use=True,
    )
    _adopt_libraries(common, renderer)


def _adopt_libraries(common: list[structlog.typing.Processor], renderer: structlog.typing.Processor) -> None:
    """Write warnings and errors of libraries in the same form, unless the process has its own way."""
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    handler = logging.StreamHandler(UnbreakableStderr())
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=common))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
