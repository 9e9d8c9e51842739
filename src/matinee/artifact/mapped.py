"""Arrays of a safetensors file, mapped into memory instead of read: processes that map one file share its pages.

The file has to stay as it is while an array lives. It may be renamed and removed; a file that is cut short under a
mapping ends the process that looks there.
"""

import json
import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

_LENGTH_BYTES = 8
"""A file begins with the length of its header, little-endian."""

_BIT_BYTES = 1 << 23
"""Of a mapping, what is given back at once; a multiple of any page's size."""

_DTYPES = {
    "BOOL": "?",
    **{f"{kind}{bits}": f"<{kind.lower()}{bits // 8}" for kind in "IU" for bits in (16, 32, 64)},
    **{f"F{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
    "I8": "i1",
    "U8": "u1",
}


def load_mapped(path: Path) -> dict[str, NDArray[Any]]:
    """Arrays by name, read-only.

    Raises:
        OSError: there is no such file.
        SafetensorError: its header is not that of a complete safetensors file.
        ValueError: an array is of a type that numpy does not have.
    """
    with safe_open(path, "numpy"):  # checks the header, its offsets and the length
        pass
    with path.open("rb") as file:
        header_bytes = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        header: dict[str, Any] = json.loads(file.read(header_bytes))
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    _touch(mapping)
    start = _LENGTH_BYTES + header_bytes
    return {name: _array(mapping, start, about) for name, about in header.items() if name != "__metadata__"}


def release_pages(array: NDArray[Any]) -> None:
    """Give back the pages of the file under a mapped array, bit by bit; whoever still reads there gets them again.

    To unmap a large file takes many milliseconds in one piece, in which no other thread of the process runs. After this
    there is little left to do. Nothing happens to an array that is not mapped.
    """
    mapping = array.base
    if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        for start in range(0, len(mapping), _BIT_BYTES):
            mapping.madvise(mmap.MADV_DONTNEED, start, min(_BIT_BYTES, len(mapping) - start))


def _touch(mapping: mmap.mmap) -> None:
    """Have every page in this process before anybody waits for it, and not one by one when a user is first asked for.

    numpy reads it without holding up other threads, which `MAP_POPULATE` would.
    """
    np.frombuffer(mapping, np.uint8)[:: mmap.PAGESIZE].max(initial=0)


def _array(mapping: mmap.mmap, start: int, about: dict[str, Any]) -> NDArray[Any]:
    if about["dtype"] not in _DTYPES:
        raise ValueError(f"an array is of type {about['dtype']}")
    begins, _ = about["data_offsets"]
    return np.ndarray(about["shape"], _DTYPES[about["dtype"]], mapping, start + begins)
