"""Reads the settings from the environment: variables `MATINEE_*`, or the same names in `.env`."""

import os
import sys

from dotenv import dotenv_values
from pydantic import ValidationError

from matinee.errors import UsageError
from matinee.settings import Settings

_GATE = "The gate has no margins any more; its error rates are measured (docs/gate.md). MATINEE_GATE=off still works."

GONE: dict[str, str] = {
    "MATINEE_GATE_MARGIN": _GATE,
    "MATINEE_GATE_CONFIDENCE": _GATE,
    "MATINEE_GATE_COVERAGE": _GATE,
    "MATINEE_GATE_SEGMENT_MARGIN": _GATE,
    "MATINEE_GATE_USERS": _GATE,
    "MATINEE_GATE_SEGMENT_USERS": _GATE,
}
"""Settings of earlier versions, and what to do instead: a sentence that names the successor, if there is one.

A home whose environment or `.env` still has one comes up, with a warning."""


def load_settings() -> Settings:
    """Settings from the environment and `.env`; a setting that is gone is warned of on stderr.

    Raises:
        UsageError: a value is not allowed, or a `MATINEE_` variable is not a setting.
    """
    _warn_of_gone()
    known = {f"MATINEE_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith("MATINEE_") and name not in known | GONE.keys())
    if unknown:
        raise UsageError(
            f"{unknown[0]} is not a setting of matinee.",
            f"Unset it; the settings are {', '.join(sorted(known))}.",
        )
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "MATINEE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise UsageError(f"{name}: {first['msg']}.", "Correct it and try again.") from error


def _warn_of_gone() -> None:
    """Say of each setting that is gone, wherever it is set, what to do instead."""
    in_file = dotenv_values(str(Settings.model_config["env_file"]))
    for name in sorted(GONE.keys() & (os.environ.keys() | in_file.keys())):
        sys.stderr.write(f"warning: {name} is gone and does nothing. {GONE[name]}\n")
