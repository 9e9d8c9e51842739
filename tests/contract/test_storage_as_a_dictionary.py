"""Whatever is written, read, listed and deleted in whatever order, storage is what a dictionary would be."""

import itertools
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from matinee.errors import Damaged
from matinee.storage import FolderStorage, ObjectStorage, Storage

FILES = ("a", "x/b", "x/c", "y/z/d")
FOLDERS = ("f", "x/g")
NUMBERS = itertools.count(1)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(FILES), st.text(max_size=3)),
        st.tuples(
            st.just("write_folder"),
            st.sampled_from(FOLDERS),
            st.dictionaries(st.sampled_from(["one", "in/two", "in/three"]), st.text(max_size=3), min_size=1),
        ),
        st.tuples(st.just("discard"), st.sampled_from(FILES + FOLDERS), st.none()),
        st.tuples(st.just("delete"), st.sampled_from((*FILES, *FOLDERS, "x", "y")), st.none()),
        st.tuples(st.just("tidy"), st.sampled_from(["", "x", "y/z"]), st.none()),
    ),
    max_size=8,
)

Content = str | dict[str, str]


def act(storage: Storage, known: dict[str, Content], step: str, name: str, content: Content | None) -> None:
    """One step in the storage, and in the dictionary."""
    if step == "write":
        with storage.write(name) as draft:
            draft.path.write_text(content, encoding="utf-8")
        known[name] = content
    elif step == "write_folder":
        with storage.write_folder(name) as draft:
            for path, text in content.items():
                (draft.path / path).parent.mkdir(exist_ok=True)
                (draft.path / path).write_text(text, encoding="utf-8")
        known[name] = content
    elif step == "discard":
        with storage.write(name) if name in FILES else storage.write_folder(name) as draft:
            draft.discard()
    elif step == "delete":
        storage.delete(name)
        for gone in [each for each in known if each == name or each.startswith(f"{name}/")]:
            del known[gone]
    else:
        storage.tidy(name)


def compare(storage: Storage, known: dict[str, Content]) -> None:
    """Everything that can be asked."""
    for name in FILES + FOLDERS:
        assert storage.exists(name) == (name in known)
        if name not in known:
            with pytest.raises(Damaged):
                storage.read(name)
        elif name in FILES:
            assert storage.read(name).read_bytes().decode() == known[name]
        else:
            folder = storage.read(name)
            paths = (path for path in folder.rglob("*") if path.is_file())
            assert {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in paths} == known[name]
    assert {name for name in storage.list() if name in ("a", "f")} == {name for name in known if name in ("a", "f")}
    assert [each for each in storage.list("x")] == sorted(name for name in known if name.startswith("x/"))  # noqa: C416
    inside = known.get("f", {})
    assert list(storage.list("f")) == sorted({f"f/{path.partition('/')[0]}" for path in inside})
    assert list(storage.list("f/in")) == sorted(f"f/{path}" for path in inside if path.startswith("in/"))


def check(storage: Storage, done: list) -> None:
    known: dict[str, Content] = {}
    for step in done:
        act(storage, known, *step)
    compare(storage, known)


@hypothesis.given(done=steps)
def test_a_folder_is_what_a_dictionary_would_be(done, tmp_path_factory):
    check(FolderStorage(tmp_path_factory.mktemp("home")), done)


@hypothesis.settings(max_examples=15, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(done=steps)
def test_object_storage_is_what_a_dictionary_would_be(done, bucket_url, tmp_path_factory):
    copies: Path = tmp_path_factory.mktemp("copies")
    check(ObjectStorage(f"{bucket_url}/{next(NUMBERS)}", copies), done)
