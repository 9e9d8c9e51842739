"""Arrays that are mapped are those that were written, and belong to the file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors import SafetensorError
from safetensors.numpy import save_file

from matinee.artifact.mapped import load_mapped, release_pages

DTYPES = st.sampled_from([np.dtype(name) for name in ("bool", "i1", "u1", "i2", "i4", "i8", "u4", "f2", "f4", "f8")])
ARRAYS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda name: name != "__metadata__"),
    hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)),
    max_size=5,
)


@given(arrays=ARRAYS)
def test_what_is_mapped_is_what_was_written(tmp_path_factory, arrays):
    path = tmp_path_factory.mktemp("mapped") / "arrays.safetensors"
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)
    mapped = load_mapped(path)
    assert mapped.keys() == arrays.keys()
    for name, array in arrays.items():
        expected = np.ascontiguousarray(array)
        assert (mapped[name].dtype, mapped[name].shape) == (expected.dtype, expected.shape)
        assert mapped[name].tobytes() == expected.tobytes()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "arrays.safetensors"
    save_file({"ones": np.ones((100, 4), np.float32)}, path)
    return path


def test_a_mapped_array_cannot_be_changed(path):
    with pytest.raises(ValueError, match="read-only"):
        load_mapped(path)["ones"][0] = 2


def test_a_mapped_array_outlives_the_name_of_its_file(path):
    mapped = load_mapped(path)
    path.rename(path.with_name("other"))
    path.with_name("other").unlink()
    assert mapped["ones"].sum() == 400


@pytest.mark.parametrize("kept", [0, 4, 40, -1])
def test_a_file_that_ends_early_is_no_file(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SafetensorError):
        load_mapped(path)


def test_a_type_that_numpy_does_not_have_is_refused(path):
    path.write_bytes(path.read_bytes().replace(b'"F32","shape":[100,4]', b'"BF16","shape":[100,8]'))
    with pytest.raises((ValueError, SafetensorError)):
        load_mapped(path)


def test_what_was_released_is_read_from_the_file_again(tmp_path):
    values = np.random.default_rng(0).random((3 << 20, 1)).astype(np.float32)
    save_file({"values": values, "more": values[:5].copy()}, tmp_path / "arrays")
    mapped = load_mapped(tmp_path / "arrays")
    release_pages(mapped["more"])
    np.testing.assert_array_equal(mapped["values"], values)


def test_an_array_in_memory_is_not_released():
    values = np.arange(5)
    release_pages(values)
    assert values.tolist() == [0, 1, 2, 3, 4]
