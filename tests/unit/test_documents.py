"""Documents that would drift from the code if nobody compared them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from matinee.cli import app
from matinee.settings import Settings

ROOT = Path(__file__).parents[2]
READMES = [ROOT / "README.md", ROOT / "README.ko.md"]


def settings_table() -> str:
    """What `docs/settings.md` must hold, made from the class itself."""
    rows = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "") else f"`{field.default}`"
        rows.append(f"| `MATINEE_{name.upper()}` | {default} | {' '.join((field.description or '').split())} |")
    return "\n".join(rows)


def test_every_setting_is_documented_as_it_is():
    assert settings_table() in (ROOT / "docs" / "settings.md").read_text()


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_a_readme_names_no_setting_that_does_not_exist(readme):
    named = set(re.findall(r"MATINEE_[A-Z_]+[A-Z]", readme.read_text()))
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
    for document in [*READMES, *(ROOT / "docs").rglob("*.md"), ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_only_the_registry_imports_mlflow_only_the_page_streamlit_and_only_dags_airflow():
    allowed = {
        "mlflow": {"registry.py", "logged_model.py"},
        "streamlit": {path.name for path in (ROOT / "src/matinee/ui").glob("*.py")},
        "airflow": set(),
    }
    for path in (ROOT / "src").rglob("*.py"):
        imported = set(re.findall(r"^\s*(?:import|from) (\w+)", path.read_text(), re.MULTILINE))
        for library, modules in allowed.items():
            assert library not in imported or path.name in modules, f"{path} imports {library}"


def test_serving_and_training_do_not_know_each_other():
    for path in (ROOT / "src/matinee/serving").rglob("*.py"):
        assert not re.search(r"matinee\.(stages|registry|production|evaluation)|matinee\.models\.als", path.read_text())
    for path in (ROOT / "src/matinee/models").glob("*.py"):
        assert "matinee.serving" not in path.read_text()


@pytest.mark.parametrize("stage", ["ingest", "deploy"])
def test_a_stage_that_does_not_talk_to_mlflow_starts_without_it(stage):
    script = f"import sys, matinee.stages.{stage}; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def _blocks(text: str) -> list[str]:
    return re.findall(r"```.*?```", text, re.DOTALL)
