"""A Java that Spark cannot run on is told in one line, before anything is started."""

import pytest

from matinee.errors import DependencyUnreachable
from matinee.spark.java import require_java, version_in


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("command not found", 0),
    ],
)
def test_the_version_is_read_from_what_java_prints(line, version):
    assert version_in(f"{line}\nOpenJDK Runtime Environment") == version


def test_java_home_that_leads_nowhere_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(DependencyUnreachable, match="does not start"):
        require_java()


def test_no_java_at_all_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DependencyUnreachable, match="there is none"):
        require_java()


def test_a_java_that_is_too_old_is_told(tmp_path, monkeypatch):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.22\" 2024-01-16' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(DependencyUnreachable, match="is Java 11"):
        require_java()
