"""How commands say what they did: a sentence or a table for people, one JSON object for programs.

A program on another machine, such as Airflow whose tasks are pods, reads that object in the storage, under the name
that `matinee --result NAME` gave it.
"""

import json
import sys
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]

result_name: ContextVar[str | None] = ContextVar("result_name", default=None)
"""What the object is called in the storage of the home; None: it is only printed."""

stdout = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 160)
stderr = Console(stderr=True, soft_wrap=True)


def print_result(result: dict[str, Any], as_json: bool, sentence: str) -> None:  # noqa: FBT001  passed on as it came
    """Print a result: the object itself, or the sentence that says it."""
    if as_json:
        print_json(result)
    else:
        stdout.print(escape(sentence))


def print_json(result: dict[str, Any]) -> None:
    """Print one JSON object on stdout, after it was put into the storage if `result_name` says so."""
    text = json.dumps(result, default=str)
    if name := result_name.get():
        _keep(name, text)
    sys.stdout.write(text + "\n")


def _keep(name: str, text: str) -> None:
    from matinee.environment import load_settings
    from matinee.storage import home_storage, write_json

    write_json(home_storage(load_settings()), name, json.loads(text))


def last_day(end: str) -> str:
    """The last day (UTC) before an exclusive end in ISO 8601; empty when there is none."""
    return f"{datetime.fromisoformat(end) - timedelta(microseconds=1):%Y-%m-%d}" if end else ""


def figure(value: float | None) -> str:
    """A metric with four decimals; empty when there is none."""
    return "" if value is None else f"{value:.4f}"
