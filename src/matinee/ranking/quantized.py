"""Item-item weights as an artifact keeps them: one byte a weight instead of four, and a scale for each row.

    weightᵢⱼ ≈ scaleᵢ · codeᵢⱼ,   scaleᵢ = maxⱼ |weightᵢⱼ| / 127

An error of less than half a percent of a row's strongest weight changes no list that matters (ADR 18 has the
measurement). Rows that are kept whole are deflated besides: they are those of small catalogues, and most codes are near
zero. The strongest of many stay as they are, so that processes share the pages of the file.
"""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .types import Floats

HIGHEST = np.iinfo(np.int8).max


def quantized(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Arrays of an artifact: those called `weights`, or `….weights`, in this form, all others as they are.

    `scales` takes the side of each `weights`, which become whole numbers where there are `neighbours`, and are
    `deflated` where there are none.
    """
    result = dict(arrays)
    for name in [name for name in arrays if name.rpartition(".")[2] == "weights"]:
        before = name.removesuffix("weights")
        codes, result[f"{before}scales"] = _quantized(result.pop(name))
        if f"{before}neighbours" in arrays:
            result[name] = codes
            result[f"{before}neighbours"] = _narrow(arrays[f"{before}neighbours"])
        else:
            result[f"{before}deflated"] = np.frombuffer(zlib.compress(codes.tobytes()), np.uint8)
    return result


def inflated(deflated: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.int8]:
    """Codes of rows that are kept whole.

    Raises:
        ValueError: there are more or fewer than belong there.
    """
    n_bytes = shape[0] * shape[1]
    reader = zlib.decompressobj()
    try:
        codes = reader.decompress(deflated.tobytes(), n_bytes + 1)
    except zlib.error as error:
        raise ValueError(f"deflated weights cannot be read: {error}") from error
    if len(codes) != n_bytes or not reader.eof:
        raise ValueError(f"deflated weights are not {shape[0]} rows of {shape[1]}")
    return np.frombuffer(codes, np.int8).reshape(shape)


def _quantized(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    scales = (np.abs(weights).max(axis=1, initial=0) / HIGHEST).astype(np.float32)
    scales[scales == 0] = 1
    return np.rint(weights / scales[:, None]).astype(np.int8), scales


def _narrow(neighbours: NDArray[Any]) -> NDArray[Any]:
    is_narrow = neighbours.max(initial=0) <= np.iinfo(np.uint16).max
    return neighbours.astype(np.uint16 if is_narrow else np.uint32)
