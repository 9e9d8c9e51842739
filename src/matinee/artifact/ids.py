"""External ids and their matrix rows, without a Python object for each of hundreds of thousands."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

STEP = 16
"""Of so many ids in order the first one is an object, among which the block of an id is found at once."""


class Ids(Mapping[str, int]):
    """The matrix row of each external id, found by halving the sorted ids.

    A dictionary takes ten times the memory in every process, and while one of this size grows or is freed the
    interpreter stands still for milliseconds in which nobody is answered. polars and numpy let others run meanwhile.
    """

    def __init__(self, ids: pl.Series) -> None:
        """Take strings in the order of their rows.

        Raises:
            ValueError: an id is missing, or occurs twice.
        """
        if ids.null_count():
            raise ValueError("an id is missing")
        by_letters = pl.DataFrame({"id": ids}).with_row_index("row").sort("id")
        ordered = by_letters["id"]
        if (ordered == ordered.shift()).any():
            raise ValueError(f"there are {ordered.n_unique()} different ids in {len(ordered)} rows")
        self._rows = by_letters["row"].to_numpy()
        self._text = ordered.str.join("").item().encode() if len(ordered) else b""
        ends = ordered.str.len_bytes().to_numpy().astype(np.int64).cumsum()
        self._bounds = np.concatenate([np.zeros(1, np.int64), ends]).data
        self._firsts = [self._at(place) for place in range(0, len(self), STEP)]

    def __getitem__(self, external_id: str) -> int:
        """Row of an id."""
        wanted = _encoded(external_id)
        place = self._place(wanted)
        if place < len(self) and self._at(place) == wanted:
            return int(self._rows[place])
        raise KeyError(external_id)

    def __iter__(self) -> Iterator[str]:
        """The ids, by their letters."""
        return (self._at(place).decode() for place in range(len(self)))

    def __len__(self) -> int:
        return len(self._rows)

    def starting_with(self, beginning: str, limit: int) -> list[str]:
        """The first `limit` ids, by their letters, that start with `beginning`."""
        encoded = _encoded(beginning)
        first = self._place(encoded)
        next_ones = (self._at(place) for place in range(first, min(first + limit, len(self))))
        return [each.decode() for each in next_ones if each.startswith(encoded)]

    def _place(self, wanted: bytes) -> int:
        """Where `wanted` is, or would be; the letters of UTF-8 are in the order of those of a string."""
        begins = max(bisect_right(self._firsts, wanted) - 1, 0) * STEP
        return bisect_left(range(len(self)), wanted, begins, min(begins + STEP, len(self)), key=self._at)

    def _at(self, place: int) -> bytes:
        return self._text[self._bounds[place] : self._bounds[place + 1]]


def _encoded(text: str) -> bytes:
    """Bytes of whatever may be asked for, half of a surrogate pair too; no id is that."""
    return text.encode(errors="surrogatepass")
