"""The stages of the loop: explicit input, one JSON object as result, and nothing changes twice when one runs again.

    ingest(run) → chunk    train(chunk) → run    evaluate(run) → decision    promote(run) → version    deploy(version)

The command line prints a result; Airflow hands its values to the next stage. Each stage is a process of its own, so
each is a module that imports no more than it needs.
"""

from typing import Any

Result = dict[str, Any]
"""What a stage prints as its JSON object."""
