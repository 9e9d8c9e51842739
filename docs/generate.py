"""Writes the pages that say what the code says: settings, commands, metrics and HTTP routes.

`make reference` runs it; a test compares the pages with what it would write now.
"""

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from prometheus_client.parser import text_string_to_metric_families
from typer.core import TyperArgument, TyperCommand, TyperGroup
from typer.main import get_command

from matinee.cli import app
from matinee.serving.app import create_app
from matinee.serving.model import fallback
from matinee.serving.problems import ANY_ROUTE
from matinee.serving.prometheus import Metrics
from matinee.serving.workers.health import WorkerHealth
from matinee.serving.workers.restarts import STATE_FILE
from matinee.settings import Settings

FOLDER = Path(__file__).parent
NOTE = "<!-- Written by `make reference` from the code. -->"

QUERIES: Mapping[str, str] = {
    "GET /v1/movies": "query=star+wars&limit=3",
    "GET /v1/users": "query=1&limit=2",
    "GET /v1/users/{user_id}/recommendations": "k=1&genre=War",
    "GET /v1/recommendations": "users=me,42&k=1",
    "GET /v1/versions/{version}/users/{user_id}/recommendations": "k=1",
    "GET /v1/movies/{movie_id}/similar": "k=1",
}
Shapes = Mapping[str, Mapping[str, Any]]
IDS = {"user_id": "me", "movie_id": "50", "version": "2", "run_id": "train_model:next__2026-11-25T19.57.07_2ce4cc31"}
"""What stands for an id in the examples."""


def settings_page() -> str:
    """Every environment variable."""
    rows = [
        (f"`MATINEE_{name.upper()}`", _type(field.annotation), _code(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return f"""# Settings

{NOTE}

Environment variables, or lines of a file `.env` in the folder where a command is started. A wrong value and a variable
that does not exist are errors that say so; a setting of an earlier version is a warning that names its successor. Relative
paths are taken from that folder.

{_table(("setting", "type", "default", "meaning"), rows)}
"""


def commands_page() -> str:
    """Every command and option."""
    command = get_command(app)
    parts = [
        "# Commands",
        NOTE,
        COMMANDS_INTRODUCTION,
    ]
    for name, each in _leaves("matinee", command):
        parts += [f"## {name}", (each.help or "").strip(), _options(each), each.epilog or ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def metrics_page() -> str:
    """Every metric with its labels."""
    with tempfile.TemporaryDirectory() as folder:
        health = WorkerHealth(Path(folder))
        health.report("follower", "An example.")
        (Path(folder) / STATE_FILE).write_text(json.dumps({"processes": [{"name": "mlflow", "restarts": 1}]}))
        metrics = _used(Metrics(Path(folder), health))
        families = list(text_string_to_metric_families(metrics.page().decode()))
    rows = []
    for family in families:
        if family.name.startswith("process_") or family.name.endswith("_created"):
            continue
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        total = "_total" if family.type == "counter" else ""
        rows.append(
            (f"`{family.name}{total}`", family.type, ", ".join(f"`{label}`" for label in labels), family.documentation)
        )
    return f"""# Metrics

{NOTE}

`/metrics` of the API server is in Prometheus's text format. Each worker counts in files under `workers/` in the home, whoever is
asked adds them up, and the files are new at each start, as counters are. `process_*` (memory, processor time and open files of
each process, by `pid`) is there on Linux.

{_table(("metric", "kind", "labels", "what"), rows)}

`policy` is `learned`, `fold_in`, `popular`, or empty where nothing was ranked; `version`, `run_id` and `algorithm` are those of the
served model. Staleness is years while an old data set is replayed: it is real time that is counted.

Two figures that are made of these:

```text
# share of the fallback
sum(rate(matinee_recommendations_total{{policy="popular"}}[5m])) / sum(rate(matinee_recommendations_total[5m]))
# ratings a second
sum(rate(matinee_ratings_received_total[5m]))
```

Alert rules and a dashboard come with the [containers](containers.md#monitoring). The quality of models is in MLflow: each run
has `ndcg_at_10`, `recall_at_10`, coverage and the same of every baseline ([how they are measured](architecture.md#honest-evaluation)).
"""


def http_page() -> str:
    """Every route with an example, and every shape that goes in or out."""
    with tempfile.TemporaryDirectory() as folder:
        document = create_app(Settings(_env_file=None, home=Path(folder))).openapi()  # type: ignore[call-arg]
    shapes = document["components"]["schemas"]
    parts = ["# HTTP API", NOTE, HTTP_INTRODUCTION, "## Errors", ERRORS_INTRODUCTION]
    parts += [_table(("status", "of any route, when"), [(str(code), when) for code, when in ANY_ROUTE.items()])]
    parts += [_json(_example({"$ref": "#/components/schemas/Problem"}, shapes))]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts += _route(method.upper(), path, operation, shapes)
    parts.append("## Shapes")
    for name, schema in shapes.items():
        parts += [f"### {name}", schema.get("description", "").strip(), _fields(schema)]
    return "\n\n".join(part for part in parts if part) + "\n"


COMMANDS_INTRODUCTION = """In a checkout the command is `.venv/bin/matinee`. Results go to stdout, log lines to stderr; with `--json` the result is one
object. Exit codes: 0 done, 2 wrong usage, 3 refused by a rule, 4 a dependency is unreachable. Every error is one line that
says what to do."""

HTTP_INTRODUCTION = """The same, to try out, is at `/docs` of a running server, and as OpenAPI at `/openapi.json`. Ids are opaque strings, without spaces around them and in Unicode form NFC; numbers are
accepted and read as strings. Every answer has a header `X-Request-ID`. Ranked lists say by their `policy` how they were made:
`learned` from training, `fold_in` from a history that is newer than the model or of somebody new, `popular` when there is nothing
to go by, or the database that knows it is away.

Examples are of ml-100k; the same are at `/docs`. A movie, user, version or run of your own has other ids."""

ERRORS_INTRODUCTION = """Errors are problem documents (RFC 9457, `application/problem+json`): what happened in `detail`, what to do in `hint`, and for 422
`errors` by field. `type` is `urn:matinee:problem:` and a code; those that programs tell apart are `dag-paused`, `dag-missing`,
`airflow-unreachable` and `mlflow-unreachable`, besides the general `not-found`, `refused`, `bad-request`, `dependency-unreachable`
and `invalid-request`. Each route lists its own; besides them there are 404 for a path and 405 for a method that does not exist.
[Limits](operations.md#limits) are settings."""


def _route(method: str, path: str, operation: Mapping[str, Any], shapes: Shapes) -> list[str]:
    parameters = [
        (
            f"`{each['name']}`",
            each["in"],
            _kind(each["schema"]),
            _code(each["schema"].get("default")) if not each["required"] else "required",
            each.get("description", ""),
        )
        for each in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {})
    needs = "Needs the bearer token." if operation.get("security") else ""
    return [
        f"## {method} {path}",
        f"{operation.get('description', '').strip()} {needs}".strip(),
        _table(("parameter", "in", "type", "default", "meaning"), parameters) if parameters else "",
        f"Body: {_content(body)}" if body else "",
        f"```sh\n{_curl(method, path, _example_of(body, shapes), needs_token=bool(needs))}\n```",
        *_answer(operation, shapes),
        *_errors(operation),
    ]


def _curl(method: str, path: str, body: object, *, needs_token: bool) -> str:
    key = f"{method} {path}"
    query = f"?{QUERIES[key]}" if key in QUERIES else ""
    parts = ["curl", f"'localhost:8000{path.format(**IDS)}{query}'"]
    if method not in {"GET", "POST"}:
        parts.append(f"-X {method}")
    if needs_token:
        parts.append('-H "Authorization: Bearer $(cat .matinee/secrets/api_token)"')
    if isinstance(body, str):  # bytes are sent from a file
        parts += ["-H 'content-type: application/octet-stream'", "--data-binary @ratings.csv"]
    elif method in {"POST", "PUT", "PATCH"}:
        parts += ["-H 'content-type: application/json'", f"-d '{json.dumps(body)}'"]
    return " ".join(parts)


def _answer(operation: Mapping[str, Any], shapes: Shapes) -> list[str]:
    status, answer = next((code, each) for code, each in operation["responses"].items() if code.startswith("2"))
    if not answer.get("content"):
        return [f"Answer: {status}, without a body."]
    return [f"Answer: {status}, {_content(answer)}.", _json(_example_of(answer, shapes))]


def _errors(operation: Mapping[str, Any]) -> list[str]:
    """Those of the route itself."""
    found = {
        int(code): each["description"] for code, each in operation["responses"].items() if not code.startswith("2")
    }
    own = [(str(code), when) for code, when in sorted(found.items()) if ANY_ROUTE.get(code) != when]
    return [_table(("error", "when"), own)] if own else []


def _example_of(message: Mapping[str, Any], shapes: Shapes) -> object:
    """What a body or an answer may look like."""
    for each in message.get("content", {}).values():
        return each["example"] if "example" in each else _example(each["schema"], shapes)
    return None


def _example(schema: Mapping[str, Any], shapes: Shapes) -> object:
    """The example that is declared at a shape; of several shapes, that of the first."""
    shape = _shape(schema, shapes)
    return _ordered(shape["examples"][0], shape, shapes)


def _shape(schema: Mapping[str, Any], shapes: Shapes) -> Mapping[str, Any]:
    """Where a reference, or the first of several choices, leads to."""
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return _shape(choices[0], shapes)
    return shapes[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def _ordered(example: Any, schema: Mapping[str, Any], shapes: Shapes) -> object:  # noqa: ANN401  it is JSON
    """With the fields in the order of their shape; JSON schemas sort those of examples by name."""
    shape = _shape(schema, shapes)
    if isinstance(example, list):
        return [_ordered(each, shape["items"], shapes) for each in example]
    if isinstance(example, dict) and "properties" in shape:
        return {
            name: _ordered(example[name], each, shapes) for name, each in shape["properties"].items() if name in example
        }
    return example


def _json(example: object) -> str:
    if isinstance(example, str):
        return f"```text\n{example}\n```"
    text = json.dumps(example, ensure_ascii=False, indent=2)
    on_one_line = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)
    return f"```json\n{on_one_line}\n```"


def _content(message: Mapping[str, Any]) -> str:
    return " or ".join(_kind(each["schema"]) for each in message.get("content", {}).values() if each.get("schema"))


def _fields(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", [])
    rows = [
        (f"`{name}`", _kind(each), "yes" if name in required else "", each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    ]
    return _table(("field", "type", "always there", "meaning"), rows)


def _kind(schema: Mapping[str, Any]) -> str:
    """A JSON schema in a few words."""
    if reference := schema.get("$ref"):
        name = reference.rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_kind(each) for each in choices))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return f"{schema.get('format') or schema.get('type', 'any')}{_bounds(schema)}"


def _bounds(schema: Mapping[str, Any]) -> str:
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if lowest is None and highest is None:
        return ""
    return (
        f", {lowest} to {highest}" if None not in (lowest, highest) else f", from {lowest}" if highest is None else ""
    )


def _leaves(name: str, command: TyperCommand | TyperGroup) -> Iterable[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for child, each in command.commands.items():
            yield from _leaves(f"{name} {child}", each)
    else:
        yield name, command


def _options(command: TyperCommand) -> str:
    rows = []
    for each in command.params:
        name = (each.metavar or each.name).upper() if isinstance(each, TyperArgument) else ", ".join(each.opts)
        default = "required" if each.required else "" if each.default in (None, False) else _code(each.default)
        rows.append((f"`{name}`", default, getattr(each, "help", "") or ""))
    return _table(("argument or option", "default", "meaning"), rows) if rows else ""


def _used(metrics: Metrics) -> Metrics:
    """Metrics that have counted something, so that their labels show."""
    metrics.observe_request("GET", "/v1/movies", 200, "", 0.001)
    metrics.observe_withdrawal("rating")
    metrics.observe_impressions("written", 1)
    metrics.observe_task_failure("follower")
    metrics.gains = {7: 0.02}
    served = fallback.empty()
    metrics.serve(served)
    metrics.observe_list(served, "popular", np.empty(0, np.int64))
    with metrics.swapping():
        return metrics


def _type(annotation: object) -> str:
    """A field's type as a person would say it."""
    text = str(annotation) if not isinstance(annotation, type) else annotation.__name__
    names = {"SecretStr": "secret", "Path": "path", "str": "text", "int": "number", "float": "number"}
    if text.startswith("typing.Literal["):
        return ", ".join(f"`{each}`" for each in text[len("typing.Literal[") : -1].replace("'", "").split(", "))
    return next((said for name, said in names.items() if name in text), text)


def _code(value: object) -> str:
    return "" if value in (None, "") else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(" ".join(str(cell).replace("|", "\\|").split()) for cell in line) + " |" for line in lines
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": commands_page,
    "metrics.md": metrics_page,
    "http-api.md": http_page,
}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page())


if __name__ == "__main__":
    main()
