"""Every error that matinee raises on purpose, and what it means outside.

    MatineeError                  exit 1, HTTP 500
    ├── UsageError                exit 2, HTTP 400   wrong arguments or settings
    │   ├── NotFound              exit 2, HTTP 404   a user, movie, version or data set that does not exist
    │   └── Expired               exit 2, HTTP 410   a page of a list that cannot be made any more
    ├── BadData                   exit 2, HTTP 422   ratings or a model artifact that cannot be used
    │   ├── Damaged               exit 2, HTTP 422   a stored file that is missing or has other bytes
    │   └── NoEvent               exit 2, HTTP 422   a file that does not say whether its rows are ratings or what else
    ├── StorageError              exit 1, HTTP 503   the disk is full, read-only or faulty; object storage refuses
    │   ├── Replaced              exit 1, HTTP 503   another process has written the same file meanwhile
    │   └── StorageUnreachable    exit 4, HTTP 503   object storage does not answer
    ├── Refused                   exit 3, HTTP 409   a rule said no (the gate, a busy home)
    ├── DependencyUnreachable     exit 4, HTTP 503   MLflow, Airflow, the API server or a download host
    └── CannotAfford              exit 5, HTTP 507   this machine has too little memory for it; trying again is no use

The command line turns an error into one line on stderr and its exit code, the API server into a
problem document (RFC 9457) with its status; both read them from here and nowhere else.
"""

from typing import ClassVar

INSTALL = "Run `make setup` in a checkout, or `pip install 'matinee[all]'`."
"""Hint where a library is missing."""


class MatineeError(Exception):
    """What went wrong in `message`, and in `hint` what the reader can do about it.

    `code` names the problem for programs; by default it says no more than the class.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(self, message: str, hint: str = "", *, code: str = "") -> None:
        self.message = " ".join(message.split())
        self.hint = " ".join(hint.split())
        self.code = code or self.title.lower().replace(" ", "-")
        super().__init__(self.message)

    def __str__(self) -> str:
        """One line: the message, then the hint."""
        return f"{self.message} {self.hint}".strip()


class UsageError(MatineeError):
    """The caller asked for something that cannot be meant."""

    exit_code = 2
    http_status = 400
    title = "Bad request"


class NotFound(UsageError):
    """The caller named something that does not exist."""

    http_status = 404
    title = "Not found"


class Expired(UsageError):
    """What the caller goes on with is not there any more."""

    http_status = 410
    title = "No longer valid"


class BadData(MatineeError):
    """Ratings or a model artifact that cannot be used as they are."""

    exit_code = 2
    http_status = 422
    title = "Unusable data"


class Damaged(BadData):
    """A stored file is missing, or its bytes are not those that were written."""

    title = "Damaged file"


class NoEvent(BadData):
    """A file has neither ratings nor events, and nobody has said what its rows are."""


class StorageError(MatineeError):
    """A file cannot be kept: the disk is full or faulty, the folder somebody else's, or object storage refuses it."""

    http_status = 503
    title = "Storage failed"


class Replaced(StorageError):
    """Somebody else has written a file since it was looked at, and that stays."""


class StorageUnreachable(StorageError):
    """Object storage did not answer, or answered with a failure of its own; trying again may do."""

    exit_code = 4
    title = "Storage unreachable"


class Refused(MatineeError):
    """A rule refused the action; nothing was changed."""

    exit_code = 3
    http_status = 409
    title = "Refused"


class DependencyUnreachable(MatineeError):
    """Another process did not answer, or answered with a failure of its own."""

    exit_code = 4
    http_status = 503
    title = "Dependency unreachable"


class CannotAfford(MatineeError):
    """It takes more memory than there is here; nothing was begun, and trying again is no use."""

    exit_code = 5
    http_status = 507
    title = "Cannot be afforded"
