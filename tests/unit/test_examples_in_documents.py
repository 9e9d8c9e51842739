"""What the documents show can be typed, and what they name is there."""

import re
import shlex
from pathlib import Path

import pytest
from mkdocs.config import load_config
from typer import BadParameter
from typer.core import TyperGroup
from typer.main import get_command

from matinee.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *(ROOT / f"{name}.md" for name in ("README", "README.ko", "CHANGELOG", "CONTRIBUTING")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
(USAGE_ERROR,) = BadParameter.__bases__
VALUES = {"CHUNK_ID": "7", "…": "7"}
"""What a reader puts in place of these; every other word in capitals stands for itself."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands_in(text: str) -> list[list[str]]:
    """Words after `matinee`, of every command in a block or between backticks; without settings, pipes and remarks."""
    blocks = re.findall(r"^```(?:sh|console)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    indented = re.findall(r"^ {4}.*$", text, re.MULTILINE)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    lines = [*"\n".join(blocks).splitlines(), *indented, *inline]
    typed = r"^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:docker compose exec api )?(?:\S+/bin/)?matinee((?: .*)?)$"
    found = [match[1] for line in lines if (match := re.match(typed, line))]
    commands = [shlex.split(words, comments=True) for words in found]
    return [words for words in commands if words not in (["COMMAND"], ["--help"])]


def problem_of(words: list[str]) -> str:
    """Why a command line is none of matinee's; nothing when it is. It is read, not run."""
    command, name = get_command(app), "matinee"
    while isinstance(command, TyperGroup) and words:
        if any(words == [option] for each in command.params for option in each.opts):
            return ""
        name, *words = words
        if name not in command.commands:
            return f"There is no command {name}."
        command = command.commands[name]
    try:
        if words:  # else it is named, without what it needs
            command.make_context(name, [VALUES.get(word, word) for word in words])
    except USAGE_ERROR as error:
        return error.format_message()
    return ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_that_a_document_shows_can_be_typed(document):
    wrong = {
        shlex.join(words): problem for words in commands_in(document.read_text()) if (problem := problem_of(words))
    }
    assert wrong == {}


def test_commands_are_found_and_wrong_ones_are_noticed():
    text = (
        "`matinee watch CHUNK_ID --accept`\n\n    X=1 .venv/bin/matinee next -n 2  # two\n\n```sh\nmatinee nxt\n```\n"
    )
    found = commands_in(text)
    assert sorted(found) == [["next", "-n", "2"], ["nxt"], ["watch", "CHUNK_ID", "--accept"]]
    assert [bool(problem_of(words)) for words in found] == [True, False, False]
    assert problem_of(["next", "--days", "2"])
    assert problem_of(["watch", "tomorrow"])
    assert sum(len(commands_in(document.read_text())) for document in DOCUMENTS) > 70


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_files_of_the_checkout_that_a_document_names_are_there(document):
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    named = re.findall(r"`((?:src|tests|docs|dags|docker|bench|requirements)/[\w./-]+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_documents_that_the_code_names_are_there():
    folders = ("src", "dags", "bench", "docker", "tests")
    code = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".sh", ".yml"}]
    for path in [*code, ROOT / "compose.yaml", ROOT / "Dockerfile", ROOT / "pyproject.toml", ROOT / "mkdocs.yml"]:
        for name in re.findall(r"\bdocs/[\w/-]+\.(?:md|py)\b", path.read_text()):
            assert (ROOT / name).exists(), f"{path.relative_to(ROOT)} refers to {name}"


@pytest.mark.parametrize("readme", DOCUMENTS[:2], ids=name_of)
def test_links_of_a_readme_to_a_heading_lead_to_one(readme):
    links = re.findall(r"\]\(([\w./-]*)#([^)]+)\)", readme.read_text())
    assert links
    for page, anchor in links:
        headings = re.findall(r"^#+ (.+)$", (ROOT / (page or readme)).read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w-]", "", each.lower().replace(" ", "-")) for each in headings}, page


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_a_document_has_one_title(document):
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1


@pytest.mark.parametrize("readme", DOCUMENTS[:2], ids=name_of)
def test_the_tree_of_files_in_a_readme_is_true_and_has_every_part(readme):
    (tree,) = re.findall(r"```text\n(dags/.*?)```", readme.read_text(), re.DOTALL)
    folder, shown = "", set()
    for indent, name in re.findall(r"^( *)([\w./]+)", tree, re.MULTILINE):
        folder = folder if indent else ""
        shown.add(f"{folder}{name}")
        folder = name if name.endswith("matinee/") else folder
    assert [name for name in shown if not (ROOT / name).exists()] == []
    parts = {f"src/matinee/{path.parent.name}/" for path in (ROOT / "src/matinee").glob("*/__init__.py")}
    assert parts <= shown


def test_every_page_is_in_the_menu_by_its_own_name():
    def pages(entries: object) -> list[str]:
        if isinstance(entries, str):
            return [entries]
        children = entries.values() if isinstance(entries, dict) else entries
        return [page for child in children for page in pages(child)]

    written = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(pages(load_config(str(ROOT / "mkdocs.yml"))["nav"])) == sorted(written)
