"""What the wheel has beyond `src/matinee`: the DAGs, and for the extra `all` the versions that were tested."""

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PIN = re.compile(r"^([\w.\[\]-]+==[^ ;\\]+)(?: ; (.+?))?(?: \\)?$", re.MULTILINE)
"""A line of a requirements file: `name==version`, and the marker that says where it applies."""


class Hook(BuildHookInterface):
    """Completes a wheel; an editable installation has the checkout around it, and `make setup` its versions."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add to what is built."""
        if version == "editable":
            return
        root = Path(self.root)
        build_data["force_include"][str(root / "dags")] = "matinee/dags"
        build_data["dependencies"] += _pinned((root / "requirements" / "native.txt").read_text())


def _pinned(requirements: str) -> list[str]:
    """Requirements of the extra `all`: each package in its pinned version."""
    found = PIN.findall(requirements)
    return [f"{pin}; {f'({marker}) and ' if marker else ''}extra == 'all'" for pin, marker in found]
