"""What processes write: one file each under `logs/`, a time before every line, three old files of 5 MB kept."""

import io
import logging
import os
import re
import stat
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from operator import itemgetter
from pathlib import Path
from typing import IO

FILE_BYTES = 5_000_000
OLD_FILES = 3
SUPERVISOR = "supervisor"
"""Name of the supervisor's own log."""
LAST_LINES = 15
LAST_WORDS_S = 1.0
"""Enough, since the pipe ends with its last writer, unless a stranger to us inherited it."""
FOLLOW_S = 0.3
_STDOUT, _STDERR = 1, 2
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+")


def log_file(home: Path, process: str) -> Path:
    """Log file of one process."""
    return home / "logs" / f"{process}.log"


def rotate_own(path: Path) -> None:
    """Set aside the log file to which this process itself writes, once it is full, and go on in a new one.

    Stdout and stderr are that file, with nothing in between: what a dying interpreter says last is in it. One that
    somebody has removed is made again.

    Raises:
        OSError: it cannot be renamed, or there is no room for a new one; writing goes on where it was.
    """
    own = os.fstat(_STDERR)
    if _is_removed(own):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as new:
            _write_to(new)
    elif own.st_size >= FILE_BYTES and path.exists() and os.path.samestat(own, path.stat()):
        draft = path.with_suffix(".new")
        with draft.open("a") as new:
            RotatingFileHandler(path, backupCount=OLD_FILES, delay=True).doRollover()
            draft.replace(path)
            _write_to(new)


def _write_to(file: IO[str]) -> None:
    for descriptor in (_STDOUT, _STDERR):
        os.dup2(file.fileno(), descriptor)


def _is_removed(opened: os.stat_result) -> bool:
    """Whether an open file has no name any more, so that nobody could read what is written to it."""
    return stat.S_ISREG(opened.st_mode) and opened.st_nlink == 0


def pipe_of(pid: int) -> IO[bytes] | None:
    """The pipe that process `pid` writes to, opened once more; None where that cannot be.

    Only Linux has it, under `/proc`; elsewhere what a process says is lost until it is started again.
    """
    for path in (Path(f"/proc/{pid}/fd/{descriptor}") for descriptor in (_STDOUT, _STDERR)):
        try:
            if stat.S_ISFIFO(path.stat().st_mode):
                # Opened at once, though its writer may have ended since.
                descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                os.set_blocking(descriptor, True)
                return os.fdopen(descriptor, "rb")
        except OSError:
            continue
    return None


class _LogFile(RotatingFileHandler):
    """A log that is made again, with its folder, when somebody has removed it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        if self.stream and _is_removed(os.fstat(self.stream.fileno())):
            with suppress(OSError):  # a full disk has no room for the last of what nobody can read
                self.close()
        super().emit(record)

    def _open(self) -> io.TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()


class Output:
    """Copies the lines of a process, over all its restarts, to its log file."""

    def __init__(self, home: Path, process: str) -> None:
        self._last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._copier: threading.Thread | None = None
        self._handler = _LogFile(
            log_file(home, process), maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8", delay=True
        )
        formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(message)s", "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        self._handler.setFormatter(formatter)

    def follow(self, pipe: IO[bytes] | None) -> None:
        """Copy what comes through `pipe`, in a thread that ends when no process holds its other end any more."""
        self._last_lines = deque(maxlen=LAST_LINES)
        self._copier = threading.Thread(target=self._copy, args=(pipe,), daemon=True)
        self._copier.start()

    def close(self) -> None:
        """Close the log file, once the last lines are in it."""
        self._wait_for_last_words()
        with suppress(OSError):  # a full disk has no room for the last of them
            self._handler.close()

    def last_lines(self) -> list[str]:
        """Newest lines of the process that was followed and has ended, oldest first."""
        self._wait_for_last_words()
        return list(self._last_lines.copy())

    def say(self, line: str) -> None:
        """Write a line of the supervisor's own."""
        self._handler.handle(logging.makeLogRecord({"msg": line}))

    def _wait_for_last_words(self) -> None:
        if self._copier:
            self._copier.join(timeout=LAST_WORDS_S)

    def _copy(self, pipe: IO[bytes] | None) -> None:
        if pipe is None:
            return
        with pipe:
            for raw in pipe:
                line = raw.decode(errors="replace").rstrip()
                self._last_lines.append(line)
                self.say(line)


def read(files: dict[str, Path], *, follow: bool = False, lines: int = 200) -> Iterator[str]:
    """The last `lines` lines of log files in order of time, each after its process's name if there are several.

    Args:
        files: process to log file.
        follow: go on with new lines for ever.
        lines: how many of the past, of each process.
    """
    prefix = {name: f"{name:<{max(map(len, files))}} | " if len(files) > 1 else "" for name in files}
    opened: dict[str, IO[str]] = {name: path.open(errors="replace") for name, path in files.items()}
    try:
        past = [(at, name, line) for name in files for at, line in _timed(deque(opened[name], maxlen=lines))]
        yield from (prefix[name] + line.rstrip("\n") for _, name, line in sorted(past, key=itemgetter(0)))
        while follow:
            new = [prefix[name] + line.rstrip("\n") for name in files for line in _new_lines(opened, name, files[name])]
            yield from new
            if not new:
                time.sleep(FOLLOW_S)
    finally:
        for file in opened.values():
            file.close()


def _timed(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each line after its time; one without any, such as a traceback's, has that of the line before.

    Most begin with it; the supervisor's own are JSON that ends with it.
    """
    at = ""
    for line in lines:
        if found := TIME.search(line):
            at = found[0]
        yield at, line


def _new_lines(opened: dict[str, IO[str]], name: str, path: Path) -> list[str]:
    """Lines written to a file since we last looked, also when a new file has taken its place."""
    found = opened[name].readlines()
    if not found and path.exists() and path.stat().st_ino != os.fstat(opened[name].fileno()).st_ino:
        opened[name].close()
        opened[name] = path.open(errors="replace")
        found = opened[name].readlines()
    return found
