"""Histories as an artifact keeps them: five bytes a rating instead of sixteen, unpacked for one user at a time.

A movie's row takes two bytes, and one bit more for each time that the catalogue is twice as large as 65,536 movies;
stars are a place in a short table of values; a time is the seconds since the rating before, and where these are too
many, or a user's history begins, it stands in a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .events import EVENTS, Events
from .history import Histories, History
from .types import Floats

JUMP = np.iinfo(np.uint16).max
"""Instead of seconds since the rating before: the time stands in the table of jumps."""

_BITS = 8
"""Of a byte."""
_LOW_BITS = 16
"""Of a movie's row, those that stand together."""


@dataclass(frozen=True, slots=True)
class PackedHistories:
    """Histories of all users of a model, as `Histories`, in little memory."""

    offsets: NDArray[np.int64]
    """User u owns entries offsets[u] to offsets[u + 1], shape (n_users + 1,)."""

    low: NDArray[Any]
    """Matrix rows of the rated movies, shape (n_ratings,), unsigned whole numbers; where there is `high`, the lower 16
    bits of them."""

    rating_codes: NDArray[np.uint8]
    """Place of the stars in `rating_values`, shape (n_ratings,)."""

    rating_values: Floats
    """Different ratings, rising, shape (≤ 256,); with events, a value for each kind, rating and weight of these."""

    steps: NDArray[np.uint16]
    """Seconds since the entry before, or `JUMP`, shape (n_ratings,)."""

    jump_at: NDArray[np.int64]
    """Entries whose time stands in `jump_to`, rising; the first of each user is one of them."""

    jump_by: NDArray[np.int64]
    """Seconds since the entry before at these entries; since 1970 (UTC) at the first of a user."""

    value_events: Events | None = None
    """What the entries with each of `rating_values` are; None where all are ratings."""

    high: NDArray[np.uint8] | None = None
    """Bits of the rows above the 16th, the lowest first, eight entries to a byte, shape (n_bits, ⌈n_ratings / 8⌉)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def items(self) -> NDArray[Any]:
        """Matrix rows of the rated movies, shape (n_ratings,), whole numbers."""
        return self.low if self.high is None else self._items(0, len(self.low))

    @property
    def lengths(self) -> Mapping[str, int]:
        """Number of entries of each array that has one for each rating."""
        return {
            "history_items": len(self.low),
            "history_rating_codes": len(self.rating_codes),
            "history_steps": len(self.steps),
        }

    def of(self, user_index: int) -> History:
        """History of one user."""
        start, end = int(self.offsets[user_index]), int(self.offsets[user_index + 1])
        codes = self.rating_codes[start:end]
        events = None if self.value_events is None else self.value_events[codes]
        return History(self._items(start, end), self.rating_values[codes], self._moments(start, end), events)

    def _items(self, start: int, end: int) -> NDArray[np.int32]:
        items = self.low[start:end].astype(np.int32)
        if self.high is not None:
            first = start // _BITS * _BITS
            bits = np.unpackbits(self.high[:, first // _BITS : -(-end // _BITS)], axis=1, bitorder="little")
            for bit, of_entries in enumerate(bits[:, start - first : end - first], _LOW_BITS):
                items += of_entries.astype(np.int32) << bit
        return items

    def _moments(self, start: int, end: int) -> NDArray[np.int64]:
        first, last = self.jump_at.searchsorted((start, end))
        steps = self.steps[start:end].astype(np.int64)
        steps[self.jump_at[first:last] - start] = self.jump_by[first:last]
        return steps.cumsum()

    def unpacked(self) -> Histories:
        """The same for who has the memory: several times as fast to read, for 11 bytes a rating more."""
        users = [self.of(user_index).rated_at for user_index in range(len(self))]
        rated_at = np.concatenate([np.empty(0, np.int64), *users])
        ratings = self.rating_values[self.rating_codes]
        events = None if self.value_events is None else self.value_events[self.rating_codes]
        return Histories(self.offsets, self.items.astype(np.int32), ratings, rated_at, events)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "PackedHistories":
        """What `pack` made.

        Raises:
            KeyError: an array is missing.
            ValueError: they do not fit each other.
        """
        offsets, steps, jump_at = arrays["history_offsets"], arrays["history_steps"], arrays["history_jump_at"]
        low, high = _rows(arrays)
        codes, values = arrays["history_rating_codes"], arrays["history_rating_values"]
        jump_to = arrays["history_jump_to"]
        if len(codes) and codes.max() >= len(values):
            raise ValueError("history_rating_codes point outside history_rating_values")
        events = None
        if "history_value_events" in arrays:
            events = Events(arrays["history_value_events"], arrays["history_value_weights"])
        if events is not None and not _fits(events, len(values)):
            raise ValueError("history_value_events do not tell what each of history_rating_values is")
        if len(jump_at) != len(jump_to) or not (np.diff(jump_at) > 0).all():
            raise ValueError("history_jump_at does not rise, or is of another length than history_jump_to")
        if not np.array_equal(np.flatnonzero(steps == JUMP), jump_at):
            raise ValueError("history_jump_at does not tell where history_steps jumps")
        starts = offsets[:-1][np.diff(offsets) > 0]
        starts = starts[starts < len(steps)]
        if not (steps[starts] == JUMP).all():
            raise ValueError("a history does not begin with a time of its own")
        jump_by = _jumps(steps, jump_at, jump_to, starts)
        return cls(offsets, low, codes, values, steps, jump_at, jump_by, events, high)


def _rows(arrays: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """The rows of movies as an artifact has them: whole, or their lower 16 bits and those above."""
    if "history_items" in arrays:
        return arrays["history_items"], None
    low, high = arrays["history_items_low"], arrays["history_items_high"]
    fits = low.dtype == np.uint16 and high.dtype == np.uint8 and high.shape[1:] == (-(-len(low) // _BITS),)
    if not fits:
        raise ValueError("history_items_high does not have a bit for each of history_items_low")
    return low, high


def _jumps(
    steps: NDArray[np.uint16], jump_at: NDArray[np.int64], jump_to: NDArray[np.int64], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Seconds of each jump since the entry before: so the times of a history are one running sum, made at each list."""
    if len(jump_at) == 0:
        return jump_to
    since_jump = np.add.reduceat(steps, jump_at, dtype=np.int64) - JUMP
    by = np.diff(jump_to, prepend=0)
    by[1:] -= since_jump[:-1]
    is_first = np.searchsorted(jump_at, starts)
    by[is_first] = jump_to[is_first]
    return by


def _fits(events: Events, n_values: int) -> bool:
    """Whether there is a known event for each value."""
    is_known = not len(events.codes) or bool(events.codes.max() < len(EVENTS))
    return is_known and len(events.codes) == len(events.weights) == n_values


def pack(histories: Histories) -> dict[str, NDArray[Any]]:
    """Arrays of an artifact that hold the histories: packed, unless they have more than 256 different ratings."""
    values, codes, of_values = _values(histories)
    if len(values) > np.iinfo(np.uint8).max + 1:
        return histories.arrays
    gaps = np.diff(histories.rated_at, prepend=0)
    jumps = (gaps < 0) | (gaps >= JUMP)
    jumps[histories.offsets[:-1][np.diff(histories.offsets) > 0]] = True
    at = np.flatnonzero(jumps)
    return {
        "history_offsets": histories.offsets,
        **_packed_rows(histories.items),
        "history_rating_codes": codes.astype(np.uint8),
        "history_rating_values": values.astype(np.float32),
        "history_steps": np.where(jumps, JUMP, gaps).astype(np.uint16),
        "history_jump_at": at.astype(np.int64),
        "history_jump_to": histories.rated_at[at].astype(np.int64),
        **of_values,
    }


def _packed_rows(items: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    """Rows of movies in 16 bits each where these are enough, else with a table of each further bit."""
    n_bits = int(items.max(initial=0)).bit_length() - _LOW_BITS
    low = items.astype(np.uint16)
    if n_bits <= 0:
        return {"history_items": low}
    high = [np.packbits((items >> bit) & 1 == 1, bitorder="little") for bit in range(_LOW_BITS, _LOW_BITS + n_bits)]
    return {"history_items_low": low, "history_items_high": np.stack(high)}


def _values(histories: Histories) -> tuple[NDArray[Any], NDArray[Any], dict[str, NDArray[Any]]]:
    """Different ratings, the place of each entry's among them, and arrays that say what they are, if not ratings."""
    values, codes = _coded(histories.ratings)
    if histories.events is None:
        return values, codes, {}
    weights, weight_codes = _coded(histories.events.weights)
    together = (codes * len(EVENTS) + histories.events.codes) * len(weights) + weight_codes
    different, codes = _coded(together)
    rest, weight = np.divmod(different, len(weights))
    rating, event = np.divmod(rest, len(EVENTS))
    of_values = {"history_value_events": event.astype(np.uint8), "history_value_weights": weights[weight]}
    return values[rating], codes, of_values


def _coded(column: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Its different values, rising, and the place of each entry's: faster, for few values, than `return_inverse`."""
    values = np.unique(column)
    return values, np.searchsorted(values, column)
