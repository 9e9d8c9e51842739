"""Log lines on stderr: readable on a terminal, one JSON object a line elsewhere."""

import logging
import sys

import structlog


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
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _adopt_libraries(common, renderer)


def _adopt_libraries(common: list[structlog.typing.Processor], renderer: structlog.typing.Processor) -> None:
    """Write warnings and errors of libraries in the same form, unless the process has its own way."""
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=common))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
