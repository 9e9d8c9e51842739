"""The files in which `prometheus_client` counts, each with all blocks that are written to (see `shared`)."""

import mmap
import os
import re
import struct
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

import structlog
from prometheus_client import mmap_dict, values
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from matinee.serving.workers import shared

log = structlog.get_logger()

INITIAL_BYTES = 1 << 16
"""About 400 label sets; a file that is full is doubled."""

_NAME = re.compile(r"(counter|histogram|summary|gauge_[a-z]+)_\d+\.db")
_DAMAGE = (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, struct.error)
"""What the library raises of a file whose content is not its own."""


class AllocatedDict(mmap_dict.MmapedDict):
    """The library's dictionary of doubles in a mapped file, whose file never has a hole.

    Where the disk is full it lives in memory of this process, and the other workers do not see it.
    """

    def __init__(self, filename: str, read_mode: bool = False) -> None:  # noqa: FBT001, FBT002  the library's signature
        super().__init__(filename if read_mode else _with_blocks(filename), read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        # A key is stored with its length, padding and two doubles.
        if self._used + len(key.encode()) + 32 > self._capacity:
            self._double()
        super()._init_value(key)  # type: ignore[no-untyped-call]  # the library has no types

    def _double(self) -> None:
        size_bytes = 2 * self._capacity
        try:
            shared.allocate(self._f.fileno(), size_bytes)
        except OSError as error:
            log.warning("counted_in_memory_only", path=self._fname, reason=str(error))
            content = self._m[: self._used]
            self._f = os.fdopen(os.open(_in_memory(), os.O_RDWR), "r+b")
            self._f.write(content)
            self._f.flush()
        self._f.truncate(size_bytes)
        self._capacity, self._m = size_bytes, mmap.mmap(self._f.fileno(), size_bytes)


class SharedMetrics(Collector):
    """What all workers have counted, added up from each of their files that can be read.

    Args:
        folder: where the files are; made again where somebody has removed it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """The metrics, each once."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.warning("metrics_folder_missing", path=str(self._folder), reason=str(error))
        files = sorted(map(str, self._folder.glob("*.db")))
        try:
            return _sums(files)
        except _DAMAGE:
            return _sums([each for each in files if _is_readable(each)])


def _sums(files: list[str]) -> Iterable[Metric]:
    sums: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]  # it has no types
    return sums


def _is_readable(file: str) -> bool:
    try:
        if _NAME.fullmatch(Path(file).name):
            _sums([file])
            return True
        _tell_once(file, "It has no name of a file of metrics.")
    except _DAMAGE as error:
        _tell_once(file, repr(error))
    return False


@cache
def _tell_once(file: str, reason: str) -> None:
    """Metrics are asked for every few seconds."""
    log.warning("metric_file_left_out", path=file, reason=reason)


def install() -> None:
    """Have the library use these files; before the first metric is made."""
    values.MmapedDict = AllocatedDict  # type: ignore[attr-defined]  # it names no exports


def _with_blocks(filename: str) -> str:
    """`filename` once it has its blocks, else a file in memory; it appears in one step, because others read it."""
    draft = f"{filename}.new"
    try:
        file = os.open(draft, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            shared.allocate(file, INITIAL_BYTES)
        finally:
            os.close(file)
        os.replace(draft, filename)  # noqa: PTH105  the library passes texts
    except OSError as error:
        with suppress(OSError):
            os.unlink(draft)  # noqa: PTH108
        log.warning("counted_in_memory_only", path=filename, reason=str(error))
        return _in_memory()
    return filename


def _in_memory() -> str:
    """Path of a new, empty file without a disk; stays open for as long as the process lives."""
    return f"/proc/self/fd/{os.memfd_create('matinee-metrics')}" if hasattr(os, "memfd_create") else os.devnull
