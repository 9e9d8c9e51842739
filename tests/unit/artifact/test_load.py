"""An artifact comes back as it was written, or is refused with a reason; nothing in between."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from matinee import artifact
from matinee.artifact.manifest import FORMAT_VERSION
from matinee.errors import BadData
from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted
from matinee.ranking import Histories

THROUGH = datetime(2020, 2, 1, tzinfo=UTC)
MOVIES = pl.DataFrame(
    {"movie_id": ["a", "b"], "title": ["Alpha", "Beta"], "year": [1999, None], "genres": [["Drama"], []]},
    schema={"movie_id": pl.String, "title": pl.String, "year": pl.Int32, "genres": pl.List(pl.String)},
)

Arrays = dict[str, NDArray[Any]]


@pytest.fixture
def interactions() -> Interactions:
    """Two users, three movies, four ratings."""
    histories = Histories(
        offsets=np.array([0, 3, 4]),
        items=np.array([0, 1, 2, 1], np.int32),
        ratings=np.array([5, 3, 4, 5], np.float32),
        rated_at=np.array([1, 2, 3, 2]),
    )
    return Interactions(["u", "v"], ["a", "b", "c"], histories, 4.0, THROUGH)


@pytest.fixture
def fitted(interactions: Interactions) -> Fitted:
    random = np.random.default_rng(0)
    arrays = {
        name: random.normal(size=(n, 2)).astype(np.float32) for name, n in (("item_factors", 3), ("user_factors", 2))
    }
    parameters = {"alpha": 5.0, "regularization": 1.0, "recency": 20.0}
    return Fitted("factors", arrays, parameters).complete(interactions)


@pytest.fixture
def folder(tmp_path: Path, fitted: Fitted, interactions: Interactions) -> Path:
    """A good artifact."""
    artifact.write(tmp_path / "matinee", fitted.contents("als", interactions, 7), MOVIES)
    return tmp_path / "matinee"


def change_manifest(folder: Path, **changes: object) -> None:
    content = json.loads((folder / artifact.MANIFEST).read_text())
    (folder / artifact.MANIFEST).write_text(json.dumps(content | changes))


def seal(folder: Path) -> None:
    """Make hashes, shapes and dtypes of the manifest agree with the files, so that only the content is wrong."""
    arrays = load_file(folder / artifact.ARRAYS)
    change_manifest(
        folder,
        files={name: artifact.sha256(folder / name) for name in (artifact.ARRAYS, artifact.USERS, artifact.MOVIES)},
        arrays={name: {"shape": array.shape, "dtype": str(array.dtype)} for name, array in arrays.items()},
    )


def change_arrays(folder: Path, change: Callable[[Arrays], object]) -> None:
    arrays = {name: array.copy() for name, array in load_file(folder / artifact.ARRAYS).items()}
    change(arrays)
    save_file(arrays, folder / artifact.ARRAYS)


def set_to(name: str, value: NDArray[Any]) -> Callable[[Arrays], object]:
    return lambda arrays: arrays.update({name: value})


class TestRoundTrip:
    def test_brings_back_arrays_ids_and_titles(self, folder: Path, fitted: Fitted) -> None:
        loaded = artifact.load(folder)
        assert loaded.user_index == {"u": 0, "v": 1}
        assert loaded.item_index == {"a": 0, "b": 1, "c": 2}
        assert_array_equal(loaded.model.popularity, fitted.arrays["popularity"])
        assert_array_equal(loaded.model.histories.items, fitted.arrays["history_items"])
        assert loaded.movies["title"].to_list() == ["Alpha", "Beta", "c"]
        assert loaded.movies["genres"].to_list() == [["Drama"], [], []]

    def test_brings_back_what_the_manifest_says(self, folder: Path) -> None:
        manifest = artifact.load(folder).manifest
        assert (manifest.kind, manifest.algorithm, manifest.chunk_id) == ("factors", "als", 7)
        assert (manifest.n_users, manifest.n_movies, manifest.n_ratings) == (2, 3, 4)
        assert manifest.data_through == THROUGH
        assert datetime.now(UTC) - manifest.trained_at < timedelta(minutes=5)

    def test_keeps_an_infinite_parameter_in_standard_json(
        self, tmp_path: Path, fitted: Fitted, interactions: Interactions
    ) -> None:
        endless = Fitted(fitted.kind, fitted.arrays, {**fitted.parameters, "recency": np.inf})
        artifact.write(tmp_path / "endless", endless.contents("als", interactions, 1), MOVIES)

        def refuse_constant(constant: str) -> None:
            raise AssertionError(f"{constant} is not JSON")

        json.loads((tmp_path / "endless" / artifact.MANIFEST).read_text(), parse_constant=refuse_constant)
        assert artifact.load(tmp_path / "endless").model.scorer.recency == np.inf

    def test_leaves_no_draft_behind(self, folder: Path) -> None:
        assert [path.name for path in folder.parent.iterdir()] == [folder.name]

    def test_replaces_the_draft_of_a_writer_that_was_killed(
        self, tmp_path: Path, fitted: Fitted, interactions: Interactions
    ) -> None:
        (tmp_path / ".matinee.draft").mkdir()
        (tmp_path / ".matinee.draft" / "leftover").touch()
        artifact.write(tmp_path / "matinee", fitted.contents("als", interactions, 1), MOVIES)
        assert not (tmp_path / "matinee" / "leftover").exists()


class TestRefusal:
    @pytest.mark.parametrize("name", [artifact.MANIFEST, artifact.ARRAYS, artifact.USERS, artifact.MOVIES])
    def test_of_a_missing_file(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        with pytest.raises(BadData, match=name):
            artifact.load(folder)

    @pytest.mark.parametrize("name", [artifact.ARRAYS, artifact.USERS, artifact.MOVIES])
    def test_of_a_truncated_file(self, folder: Path, name: str) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:-10])
        with pytest.raises(BadData, match=f"{name} is damaged"):
            artifact.load(folder)

    @pytest.mark.parametrize("name", [artifact.ARRAYS, artifact.USERS, artifact.MOVIES])
    def test_of_one_flipped_bit(self, folder: Path, name: str) -> None:
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)
        with pytest.raises(BadData, match=f"{name} is damaged"):
            artifact.load(folder)

    @pytest.mark.parametrize("version", [0, FORMAT_VERSION + 1, None, "1"])
    def test_of_a_format_version_that_it_does_not_know(self, folder: Path, version: object) -> None:
        change_manifest(folder, format_version=version)
        with pytest.raises(BadData, match="format version"):
            artifact.load(folder)

    @pytest.mark.parametrize("content", ["", "{", "[]", "null"])
    def test_of_a_manifest_that_is_none(self, folder: Path, content: str) -> None:
        (folder / artifact.MANIFEST).write_text(content)
        with pytest.raises(BadData):
            artifact.load(folder)

    def test_of_a_manifest_without_a_field(self, folder: Path) -> None:
        change_manifest(folder, n_users=None)
        with pytest.raises(BadData, match="n_users"):
            artifact.load(folder)

    def test_of_an_unknown_kind(self, folder: Path) -> None:
        change_manifest(folder, kind="oracle")
        with pytest.raises(BadData, match="oracle"):
            artifact.load(folder)

    @pytest.mark.parametrize("parameters", [{}, {"alpha": 5.0, "regularization": 1.0, "positive_rating": 4.0}])
    def test_of_missing_parameters(self, folder: Path, parameters: dict[str, float]) -> None:
        change_manifest(folder, parameters=parameters)
        with pytest.raises(BadData, match="does not hold what kind"):
            artifact.load(folder)

    @pytest.mark.parametrize("recency", ["NaN", "0", "-1"])
    def test_of_a_recency_that_weighs_nothing(self, folder: Path, recency: str) -> None:
        parameters = json.loads((folder / artifact.MANIFEST).read_text())["parameters"]
        change_manifest(folder, parameters=parameters | {"recency": recency})
        with pytest.raises(BadData, match="recency"):
            artifact.load(folder)

    def test_of_arrays_that_differ_from_the_manifest(self, folder: Path) -> None:
        manifest = json.loads((folder / artifact.MANIFEST).read_text())
        manifest["arrays"]["item_factors"]["shape"] = [3, 5]
        change_manifest(folder, arrays=manifest["arrays"])
        with pytest.raises(BadData, match="item_factors"):
            artifact.load(folder)

    def test_of_an_array_that_the_manifest_does_not_list(self, folder: Path) -> None:
        arrays = json.loads((folder / artifact.MANIFEST).read_text())["arrays"]
        del arrays["popularity"]
        change_manifest(folder, arrays=arrays)
        with pytest.raises(BadData, match="popularity"):
            artifact.load(folder)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    @pytest.mark.parametrize("name", ["item_factors", "user_factors", "popularity", "history_rating_values"])
    def test_of_a_number_that_is_not_finite(self, folder: Path, name: str, value: float) -> None:
        change_arrays(folder, lambda arrays: arrays[name].put(0, value))
        seal(folder)
        with pytest.raises(BadData, match=f"{name} holds NaN or infinite"):
            artifact.load(folder)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("item_factors", np.ones((2, 2), np.float32)),
            ("item_factors", np.ones(3, np.float32)),
            ("user_factors", np.ones((2, 3), np.float32)),
            ("user_factors", np.ones((3, 2), np.float32)),
            ("popularity", np.ones(2, np.float32)),
            ("popularity", np.ones((3, 1), np.float32)),
            ("history_offsets", np.array([0, 4])),
            ("history_offsets", np.array([0, 5, 4])),
            ("history_offsets", np.array([1, 3, 4])),
            ("history_offsets", np.array([0, 3, 3])),
            ("history_offsets", np.array([], np.int64)),
            ("history_items", np.array([0, 1, 3, 1], np.int32)),
            ("history_items", np.array([0, -1, 2, 1], np.int32)),
            ("history_items", np.array([0, 1, 2], np.int32)),
            ("history_items", np.array([0, 1, 2, 1], np.float32)),
            ("history_rating_codes", np.zeros(3, np.uint8)),
            ("history_rating_values", np.empty(0, np.float32)),
            ("history_steps", np.zeros(3, np.uint16)),
            ("history_jump_to", np.array([1])),
        ],
    )
    def test_of_an_array_that_does_not_fit_the_others(self, folder: Path, name: str, value: NDArray[Any]) -> None:
        change_arrays(folder, set_to(name, value))
        seal(folder)
        with pytest.raises(BadData, match=r"refused.*Train it again"):
            artifact.load(folder)

    @pytest.mark.parametrize("name", ["item_factors", "popularity", "history_items"])
    def test_of_an_artifact_without_an_array(self, folder: Path, name: str) -> None:
        change_arrays(folder, lambda arrays: arrays.pop(name))
        seal(folder)
        with pytest.raises(BadData, match=name):
            artifact.load(folder)

    @pytest.mark.parametrize("name", [artifact.USERS, artifact.MOVIES])
    @pytest.mark.parametrize(
        "change",
        [
            lambda table: table.head(1),
            lambda table: pl.concat([table.head(table.height - 1), table.head(1)]),
            lambda table: table.drop("user_id", "movie_id", strict=False),
        ],
        ids=["too few rows", "an id twice", "no ids"],
    )
    def test_of_ids_that_do_not_fit(
        self, folder: Path, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> None:
        change(pl.read_parquet(folder / name)).write_parquet(folder / name)
        seal(folder)
        with pytest.raises(BadData):
            artifact.load(folder)

    def test_of_movies_without_titles(self, folder: Path) -> None:
        pl.read_parquet(folder / artifact.MOVIES).drop("title").write_parquet(folder / artifact.MOVIES)
        seal(folder)
        with pytest.raises(BadData, match="title"):
            artifact.load(folder)

    @pytest.mark.parametrize("name", [artifact.ARRAYS, artifact.USERS])
    def test_of_a_file_in_another_format(self, folder: Path, name: str) -> None:
        arrays_before = json.loads((folder / artifact.MANIFEST).read_text())["files"]
        (folder / name).write_bytes(b"not what it says")
        change_manifest(folder, files=arrays_before | {name: artifact.sha256(folder / name)})
        with pytest.raises(BadData, match="cannot be read"):
            artifact.load(folder)

    def test_of_an_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(BadData, match=artifact.MANIFEST):
            artifact.load(tmp_path)
