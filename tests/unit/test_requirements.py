"""Each image can import what its processes import: what is pinned for it holds every package that they need."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SOURCES = CHECKOUT / "src"
DISTRIBUTIONS = packages_distributions()
OPTIONAL = {"py4j", "pyspark"}
"""Of an extra of its own, which whoever sets MATINEE_TRAINER=spark adds to the image."""
STAGES = [f"matinee.stages.{path.stem}" for path in (SOURCES / "matinee" / "stages").glob("*.py")]


@pytest.mark.parametrize(
    ("pinned", "entries"),
    [
        ("api", ["matinee.serving.app", "matinee.serving.__main__"]),
        ("ui", ["matinee.ui.entry.app"]),
        ("train", ["matinee.cli", "matinee.containers.moving", "matinee.containers.databases", *STAGES]),
    ],
)
def test_what_an_image_imports_at_the_start_is_pinned_for_it(pinned, entries):
    text = (CHECKOUT / "requirements" / f"{pinned}.txt").read_text()
    there = {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*\])?==", text, re.MULTILINE)}
    missing = {
        f"{package} (imported by {by})"
        for package, by in _third_party(entries)
        if not {_normal(name) for name in DISTRIBUTIONS.get(package, [package])} & there
    }
    assert missing == set()


@pytest.mark.parametrize("pinned", ["native", "core", "airflow", "api", "ui", "train", "mlflow"])
def test_what_only_a_cluster_needs_is_in_an_extra_of_its_own(pinned):
    text = (CHECKOUT / "requirements" / f"{pinned}.txt").read_text()
    there = {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*\])?==", text, re.MULTILINE)}
    assert there
    assert there & {"pyspark", "py4j", "obstore", "boto3", "moto", "kubernetes", "kubernetes-validate"} == set()


def _third_party(entries: list[str]) -> set[tuple[str, str]]:
    """Packages, each with a module that imports it as soon as it is imported itself, of all that `entries` import."""
    found, waiting, seen = set(), list(entries), set()
    while waiting:
        module = waiting.pop()
        if module in seen or (path := _path(module)) is None:
            continue
        seen.add(module)
        waiting += [module.rpartition(".")[0]]
        for name in _imports_at_once(module, path):
            root = name.partition(".")[0]
            if root == "matinee":
                waiting += [name, name.rpartition(".")[0]]
            elif root not in sys.stdlib_module_names | OPTIONAL:
                found.add((root, module))
    return found


def _imports_at_once(module: str, path: Path) -> Iterator[str]:
    """Names that a module imports outside of functions, and, for a stage, within them: those are what it does."""
    tree = ast.parse(path.read_text())
    later = set()
    if not module.startswith("matinee.stages"):
        functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        later = {child for function in functions for child in ast.walk(function)}
    guarded = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in later or node in guarded:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                base = ".".join(
                    [*package.split(".")[: len(package.split(".")) - node.level + 1], *base.split(".")]
                ).strip(".")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names if base.startswith("matinee"))


def _path(module: str) -> Path | None:
    place = SOURCES.joinpath(*module.split("."))
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
