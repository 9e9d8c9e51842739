"""Documents that would drift from the code if nobody compared them."""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from matinee.cli import app
from matinee.ratings.importing.schema import QuarantineReason
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings

ROOT = Path(__file__).parents[2]
READMES = [ROOT / "README.md", ROOT / "README.ko.md"]
DOCUMENTS = [*READMES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """`docs/generate.py`, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["settings.md", "cli.md", "metrics.md", "http-api.md"])
def test_a_page_of_reference_says_what_the_code_says(generate, page):
    assert generate.PAGES[page]() == (ROOT / "docs" / page).read_text(), "run: make reference"


def test_the_reference_has_every_setting_command_metric_and_route(generate):
    written = {name: page() for name, page in generate.PAGES.items()}
    assert all(f"| `MATINEE_{name.upper()}` |" in written["settings.md"] for name in Settings.model_fields)
    assert "## matinee bench quality" in written["cli.md"]
    assert all(f"## matinee {name}" in written["cli.md"] for name in get_command(app).commands)
    assert "| `matinee_requests_total` | counter | `method`, `policy`, `route`, `status` |" in written["metrics.md"]
    assert "## POST /v1/ratings" in written["http-api.md"]


def test_every_command_and_option_has_help():
    for name, command in _commands("matinee", get_command(app)):
        assert command.help, name
        assert [option.name for option in command.params if not option.help] == [], name
    assert [name for name, command in get_command(app).commands.items() if not command.rich_help_panel] == []


def built_site(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    # Without --quiet, which hides the very warnings that --strict counts.
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    return subprocess.run(build, cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_documents_build_as_a_site_whose_links_and_anchors_lead_somewhere(tmp_path):
    built = built_site(ROOT, tmp_path / "site")
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "site" / "architecture.html").read_text()
    assert page.count('class="mermaid"') == 3
    assert 'href="src/matinee/ranking/recommend.py.html"' in page
    assert "recommend_many" in (tmp_path / "site" / "src" / "matinee" / "ranking" / "recommend.py.html").read_text()
    assert not re.search(r'<(?:script|link|img)[^>]*(?:src|href)="https?://', page)


@pytest.mark.slow
def test_a_page_that_no_menu_has_and_links_that_lead_nowhere_stop_the_build(tmp_path):
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "docs" / "lost.md").write_text("# Lost\n\n[a page](nowhere.md), [a place](index.md#nowhere)\n")
    built = built_site(tmp_path, tmp_path / "site")
    assert built.returncode != 0
    for problem in ("lost.md", "nowhere.md", "#nowhere"):
        assert problem in built.stderr


def test_the_decisions_are_all_in_their_index():
    index = (ROOT / "docs" / "adr" / "index.md").read_text()
    assert [path.name for path in (ROOT / "docs" / "adr").glob("0*.md") if f"({path.name})" not in index] == []


def test_every_reason_of_the_quarantine_is_explained():
    text = (ROOT / "docs" / "own-data.md").read_text()
    assert [reason for reason in QuarantineReason if f"`{reason}`" not in text] == []


def test_the_example_of_own_data_is_read_as_it_says(tmp_path):
    (example,) = re.findall(r"```csv\n(.*?)```", (ROOT / "docs" / "own-data.md").read_text(), re.DOTALL)
    (tmp_path / "ratings.csv").write_text(example)
    source = prepare(Settings(_env_file=None, home=tmp_path / "home", data=str(tmp_path / "ratings.csv")))
    assert source.n_ratings == source.n_rows == 3


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_no_setting_that_does_not_exist(document):
    named = set(re.findall(r"MATINEE_[A-Z_]+[A-Z]", document.read_text()))
    assert named <= {f"MATINEE_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_a_readme_names_every_command(readme):
    text = readme.read_text()
    commands = get_command(app).commands
    assert [name for name in commands if not re.search(rf"`[^`\n]*\b{name}\b", text)] == []


def test_both_readmes_have_the_same_sections_commands_and_outputs():
    english, korean = (path.read_text() for path in READMES)
    assert english.count("\n## ") == korean.count("\n## ")
    assert _blocks(english) == _blocks(korean)


def test_links_between_documents_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


LAYERS = (
    {"cli"},
    {"bench", "containers", "local", "serving", "stages", "ui"},
    {"clients", "doctor", "lifecycle"},
    {"drift", "evaluation", "spark"},
    {"ratings"},
    {"models"},
    {"artifact"},
    {"catalogue", "ranking", "storage"},
    {
        "clock",
        "credentials",
        "environment",
        "errors",
        "home",
        "hosts",
        "logs",
        "cores",
        "memory",
        "metrics",
        "schedule",
        "settings",
    },
)
"""Rooms of `src/matinee`, the highest first: an import leads downwards, or stays on its floor."""

ALLOWED = {
    "mlflow": {"lifecycle/registry/", "artifact/pyfunc.py"},
    "streamlit": {"ui/"},
    "airflow": set(),
    "pyspark": {"spark/"},
}
"""Where in `src/matinee` each of these libraries may be imported: a file, or a folder with all below it."""

NOT_FOR = {
    "serving": ("models", "lifecycle.production", "lifecycle.registry", "evaluation", "stages", "ui", "local", "cli"),
    "models": ("serving",),
    "ui": ("serving", "stages", "local"),
}
"""What a room must not know, although the order of the floors might let it."""

LONGEST_MODULE = 300

ABOUT_SEVERAL_MODULES = {
    "local/test_up.py",
    "models/test_own_model.py",
    "models/test_reasons.py",
    "test_documents.py",
    "test_examples_in_documents.py",
    "test_requirements.py",
    "ui/test_other_pages.py",
    "ui/test_page.py",
    "ui/test_real_server.py",
}
"""Files of `tests/unit` whose subject is more than one module; every other is named after the module that it tests."""


def test_only_the_registry_imports_mlflow_only_the_page_streamlit_only_spark_pyspark_and_only_dags_airflow():
    for path, module in _imports():
        library = module.split(".")[0]
        if library in ALLOWED:
            assert any(path.startswith(allowed) for allowed in ALLOWED[library]), f"{path} imports {library}"


def test_no_import_leads_to_a_higher_floor():
    floors = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
    upward = {
        f"{path} imports {module}"
        for path, module in _imports()
        if module.startswith("matinee.") and floors[module.split(".")[1]] < floors[_room(path)]
    }
    assert upward == set()


def test_serving_training_and_the_page_do_not_know_each_other():
    known = {
        f"{path} imports {module}"
        for path, module in _imports()
        if f"{module}.".startswith(tuple(f"matinee.{each}." for each in NOT_FOR.get(_room(path), ())))
    }
    assert known == set()


SAME_NAME = {
    "Check": "what the gate asked, and the part of it that the API promises",
    "Chunk": "a row of the ledger, and the part of it that the API promises",
    "ChunkDecision": "what somebody decided about a chunk, with who did, and the part of it that the API promises",
    "Decision": "the record of a verdict, and the part of it that the API promises",
    "History": "what a user has rated, and what became of the models: each the plain word of its room",
    "ModelEvent": "a line of the history of the models, and the part of it that the API promises",
    "Reason": "a row of the matrix that speaks for another one, and the movie that the API tells of it",
}
"""Class names that are declared twice in `src/matinee`, and why; every other name means one thing."""


def test_a_class_name_is_declared_once_or_is_known_to_mean_two_things():
    declared: dict[str, list[str]] = {}
    for path in sorted((ROOT / "src" / "matinee").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                declared.setdefault(node.name, []).append(path.name)
    assert {name: paths for name, paths in declared.items() if len(paths) > 1 and name not in SAME_NAME} == {}
    assert max(map(len, declared.values())) == 2
    assert len(SAME_NAME) <= 8


def test_no_module_is_longer_than_300_lines():
    modules = [path for folder in ("src", "dags", "bench") for path in (ROOT / folder).rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_every_unit_test_stands_where_the_module_stands_that_it_tests():
    tests, package = ROOT / "tests" / "unit", ROOT / "src" / "matinee"
    lost = set()
    for path in tests.rglob("test_*.py"):
        folder = package / path.parent.relative_to(tests)
        tested = {each.stem for each in folder.glob("[!_]*")} | {folder.name}
        if not any(f"{path.stem}_".startswith(f"test_{name}_") for name in tested):
            lost.add(str(path.relative_to(tests)))
    assert lost == ABOUT_SEVERAL_MODULES


def _imports() -> Iterator[tuple[str, str]]:
    """Each import of each module, as the path inside `src/matinee` and the full name of what is imported."""
    package = ROOT / "src" / "matinee"
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            yield from ((str(path.relative_to(package)), name) for name in names if not name.startswith("matinee.__"))


def _room(path: str) -> str:
    return path.split("/", maxsplit=1)[0].removesuffix(".py")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["ingest", "train", "evaluate", "promote", "deploy"])
def test_a_stage_starts_without_the_seconds_that_mlflow_takes_to_import(stage):
    script = f"import sys, matinee.stages.{stage}, matinee.lifecycle.registry; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.slow
def test_what_opens_no_ratings_starts_without_the_half_second_that_numpy_and_polars_take():
    script = """
import sys, matinee.cli, matinee.stages.deploy, matinee.clients.api, matinee.ratings.database
sys.exit(bool({"numpy", "polars"} & sys.modules.keys()))
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
USES_SETTINGS = ("init", "databases", "api", "airflow-scheduler", "airflow-apiserver", "first-model", "ui")

EXEMPT = {
    "home": "the images have it at /matinee, where the folder that it names is mounted",
    "host": "the images listen on every address of their own network",
    "api_port": "published: the port outside; inside it is 8000",
    "mlflow_port": "published: the port outside; inside it is 5000",
    "airflow_port": "published: the port outside; inside it is 8080",
    "ui_port": "published: the port outside; inside it is 8501",
    "postgres_port": "not published",
    "mlflow_public_url": "made of the published port, for the page",
    "airflow_public_url": "made of the published port, for the page",
    "trainer": "the images hold neither Spark nor Java; `docs/scaling.md` tells how to make one that does",
    "spark_master": "as above",
    "tasks": "tasks run in the scheduler's container",
    "task_image": "tasks run in the scheduler's container",
}
"""Settings that a container does not get from outside, and why."""


@pytest.mark.parametrize("service", USES_SETTINGS)
def test_a_service_gets_every_setting_or_it_is_said_why_not(service):
    passed = COMPOSE["services"][service]["environment"]
    wanted = {f"MATINEE_{name.upper()}" for name in Settings.model_fields.keys() - EXEMPT.keys()}
    assert sorted(wanted - passed.keys()) == []


def test_nothing_is_passed_that_is_not_a_setting_and_nothing_is_exempt_in_vain():
    passed = {name for name in COMPOSE["x-settings"] if name.startswith("MATINEE_")}
    assert passed <= {f"MATINEE_{name.upper()}" for name in Settings.model_fields}
    assert Settings.model_fields.keys() >= EXEMPT.keys()
    assert not passed & {f"MATINEE_{name.upper()}" for name in EXEMPT}


def _commands(name: str, command: TyperCommand | TyperGroup) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    yield name, command
    if isinstance(command, TyperGroup):
        for child, each in command.commands.items():
            yield from _commands(f"{name} {child}", each)


def _blocks(text: str) -> list[str]:
    return re.findall(r"```.*?```", text, re.DOTALL)


WRITES = {
    "storage/": "here is how files are written",
    "artifact/write.py": "into the draft of its folder",
    "bench/": "files of one run of a benchmark",
    "clients/mlflow_files.py": "into a temporary folder, from which an artifact is loaded",
    "containers/": "secrets, and the database that moves",
    "credentials.py": "secrets, which nobody else may read",
    "lifecycle/": "into a temporary folder that MLflow's client uploads",
    "local/": "state, locks and logs of processes, Airflow's configuration, backups",
    "ratings/sources/download.py": "into the draft of the raw data set",
    "serving/model/fetch.py": "into the draft of a version",
    "serving/model/store.py": "into the draft of a version, and its lock",
    "spark/session.py": "the log of one run's Java",
    "serving/workers/": "sockets, locks and shared memory of one run",
}
"""Where in `src/matinee` files are opened for writing or renamed, and what for; all others go through `Storage`."""


def test_files_that_outlive_a_process_are_written_through_storage():
    writing = {path for path, tree in _modules() if any(_writes_a_file(node) for node in ast.walk(tree))}
    assert {path for path in writing if not path.startswith(tuple(WRITES))} == set()
    assert {allowed for allowed in WRITES if not any(path.startswith(allowed) for path in writing)} == set()


@pytest.mark.parametrize(
    ("code", "writes"),
    [
        ("path.write_text('a')", True),
        ("open(path, 'w')", True),
        ("path.open(mode='ab')", True),
        ("path.replace(other)", True),
        ("os.rename(a, b)", True),
        ("os.open(path, os.O_RDWR | os.O_CREAT)", True),
        ("frame.write_parquet(path)", True),
        ("shutil.copyfile(a, b)", True),
        ("open(path)", False),
        ("path.open('rb')", False),
        ("text.replace('a', 'b')", False),
        ("time.replace(hour=0)", False),
        ("frame.rename({'a': 'b'})", False),
        ("replace(record, state='closed')", False),
    ],
)
def test_what_writes_a_file_is_told_from_what_does_not(code, writes):
    assert any(_writes_a_file(node) for node in ast.walk(ast.parse(code))) == writes


def _modules() -> Iterator[tuple[str, ast.Module]]:
    package = ROOT / "src" / "matinee"
    for path in sorted(package.rglob("*.py")):
        yield str(path.relative_to(package)), ast.parse(path.read_text())


def _writes_a_file(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in {"write_text", "write_bytes", "save_file", "copyfile", "copytree", "copyfileobj", "move"}:
        return True
    if name in {"write_parquet", "write_csv", "write_json"}:
        return isinstance(node.func, ast.Attribute)
    if name in {"rename", "replace"} and isinstance(node.func, ast.Attribute):
        of_os = getattr(node.func.value, "id", "") == "os"
        return of_os or (len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Dict))
    if name == "open":
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        modes = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        flags = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
        return any(set("wax+") & set(mode) for mode in modes if set(mode) <= set("rwaxbt+")) or bool(
            flags & {"O_WRONLY", "O_RDWR", "O_CREAT"}
        )
    return False


def test_migrations_form_one_line_in_the_order_of_their_numbers():
    """Two with one number, or with one predecessor, keep every database from being opened."""
    folder = ROOT / "src" / "matinee" / "ratings" / "migrations" / "versions"
    found = [
        tuple(
            re.search(rf'^{name} = "?(\w+)"?$', path.read_text(), re.MULTILINE)[1]
            for name in ("revision", "down_revision")
        )
        for path in sorted(folder.glob("r[0-9]*.py"))
    ]
    numbers = [f"{number:04d}" for number in range(1, len(found) + 1)]
    assert found == list(zip(numbers, ["None", *numbers], strict=False))
