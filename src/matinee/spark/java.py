"""Whether there is a Java that Spark runs on, asked before it is started: Spark itself would tell it in fifty lines."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from matinee.errors import DependencyUnreachable

OLDEST = 17
"""Spark 4 runs on Java 17 and 21."""

HINT = f"Install Java {OLDEST} or newer, and set JAVA_HOME to its folder."

TIMEOUT_S = 30


def require_java() -> None:
    """Look at the Java that Spark would take.

    Raises:
        DependencyUnreachable: there is none, it does not start, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if found is None:
        raise DependencyUnreachable("Spark needs Java, and there is none.", HINT)
    try:
        done = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise DependencyUnreachable(f"Spark needs Java, and {found} does not start ({error}).", HINT) from error
    version = version_in(done.stderr + done.stdout)
    if version < OLDEST:
        raise DependencyUnreachable(f"Spark needs Java {OLDEST} or newer, and {found} is Java {version}.", HINT)


def version_in(text: str) -> int:
    """Version in what `java -version` prints: 17 of `"17.0.15"`, 8 of `"1.8.0_402"`; 0 where there is none."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else 0
