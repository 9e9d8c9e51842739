"""How commands say what they did: a sentence or a table for people, one JSON object for programs."""

import json
import sys
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]

stdout = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 160)
stderr = Console(stderr=True, soft_wrap=True)


def print_result(result: dict[str, Any], as_json: bool, sentence: str) -> None:  # noqa: FBT001  passed on as it came
    """Print a result: the object itself, or the sentence that says it."""
    if as_json:
        print_json(result)
    else:
        stdout.print(escape(sentence))


def print_json(result: dict[str, Any]) -> None:
    """Print one JSON object on stdout."""
    sys.stdout.write(json.dumps(result, default=str) + "\n")


def last_day(end: str) -> str:
    """The last day (UTC) before an exclusive end in ISO 8601; empty when there is none."""
    return f"{datetime.fromisoformat(end) - timedelta(microseconds=1):%Y-%m-%d}" if end else ""


def figure(value: float | None) -> str:
    """A metric with four decimals; empty when there is none."""
    return "" if value is None else f"{value:.4f}"
