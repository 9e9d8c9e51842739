"""Opening the storage of a cloud by its URL, and what its errors mean, in one line without a secret."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from matinee.errors import MatineeError, StorageError, StorageUnreachable, UsageError

if TYPE_CHECKING:
    from obstore.auth.boto3 import Boto3CredentialProvider
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

OBJECTS_EXTRA = "Run: pip install 'matinee[objects]'."
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
"""Variables that name a server other than Amazon's; obstore reads them by itself."""

_NO_BUCKET = {"NoSuchBucket", "ContainerNotFound"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"}
_METADATA_HOSTS = ("169.254.169.254", "metadata.google.internal", "169.254.170.2")
"""Who is asked for credentials on a machine of a cloud when there are no others."""
_SILENCE = ("error sending request", "error decoding response", "request or response body", "operation timed out")
"""What obstore says of a connection that cannot be made, is cut, or stays silent."""
_GIVE_CREDENTIALS = "Set those of the cloud's own SDK, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
_CHECK_CREDENTIALS = "Check the credentials (they may have expired), their rights, and the region."


@dataclass(frozen=True)
class Limits:
    """How long the storage is waited for."""

    connect_s: float = 5.0
    silence_s: float = 20.0
    """Longest time without a byte of an answer."""
    request_s: float = 3600.0
    """Longest time of one request: of one part, or of a whole download, which may be of gigabytes."""
    retries: int = 8
    retry_s: float = 45.0
    """A request is not tried again this long after it was sent first."""


BESIDE_REQUESTS = Limits(connect_s=2.0, silence_s=4.0, request_s=30.0, retries=2, retry_s=5.0)
"""Of the API server, where nobody may wait for long."""


class NotThere(Exception):
    """There is no such object, or it is another one than was asked for."""


_USED_BY: set[int] = set()
"""The process that has used obstore; its threads do not come along into a fork, which would wait for them for ever."""


def require_unforked() -> None:
    """Refuse to be used in a fork of a process that has used it before.

    Raises:
        StorageError: it is.
    """
    _USED_BY.update(() if _USED_BY else (os.getpid(),))
    if os.getpid() not in _USED_BY:
        raise StorageError("Object storage was used before this process was forked.", "Use it after the fork only.")


def open_store(url: str, limits: Limits) -> "ObjectStore":
    """The store of a URL `s3://bucket/prefix`, `gs://…` or `az://…`, with the credentials of the cloud's own SDK.

    Raises:
        UsageError: obstore is not installed.
        StorageError: what the environment says of the cloud cannot be used.
    """
    try:
        from obstore.store import AzureStore, GCSStore, S3Store  # noqa: PLC0415  an extra that few need
    except ModuleNotFoundError as error:
        raise UsageError("MATINEE_STORAGE needs obstore.", OBJECTS_EXTRA) from error
    where, client, retry = urlsplit(url), _client(limits), _retry(limits)
    bucket, prefix = where.netloc, where.path.strip("/") or None
    store: ObjectStore
    with cloud_errors(url):
        if where.scheme == "gs":
            store = GCSStore(bucket, prefix=prefix, client_options=client, retry_config=retry)
        elif where.scheme == "az":
            store = AzureStore(bucket, prefix=prefix, client_options=client, retry_config=retry)
        else:
            client["allow_http"] = any(os.environ.get(name, "").startswith("http://") for name in ENDPOINTS)
            profile = _profile(url) if _is_only_in_a_profile() else None
            store = S3Store(
                bucket, prefix=prefix, client_options=client, retry_config=retry, credential_provider=profile
            )
    return store


@contextmanager
def cloud_errors(url: str) -> Iterator[None]:
    """Turn what obstore raises into errors of matinee. Its texts, which may hold signed addresses, go no further.

    Raises:
        NotThere: there is no such object, or a condition does not hold.
        StorageError: the storage refuses, or does not answer (`StorageUnreachable`).
    """
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError  # noqa: PLC0415

    try:
        yield
    except (AlreadyExistsError, PreconditionError):
        raise NotThere from None
    except FileNotFoundError as error:
        raise (_meaning(url, str(error)) if _code(str(error)) in _NO_BUCKET else NotThere()) from None
    except (BaseError, PermissionError) as error:
        raise _meaning(url, str(error)) from None


def _meaning(url: str, text: str) -> MatineeError:
    code, status = _code(text), _status(text)
    answer = f" ({' '.join(filter(None, (status, code)))})" if status or code else ""
    if code in _NO_BUCKET:
        return StorageError(f"{url} cannot be used: there is no such bucket.", "Create it, or correct MATINEE_STORAGE.")
    if code in _EXPIRED:
        return StorageError(f"{url} cannot be used: the credentials have expired.", "Renew them, and try again.")
    if any(host in text for host in _METADATA_HOSTS):
        return StorageError(f"{url} cannot be used: no credentials were found.", _GIVE_CREDENTIALS)
    if status[:1] == "4" and status not in {"408", "429"}:
        return StorageError(f"{url} refuses{answer}.", _CHECK_CREDENTIALS)
    if status or any(each in text for each in _SILENCE):
        return StorageUnreachable(f"{url} does not answer{answer}.", "Check the network and the endpoint; try again.")
    return StorageError(f"{url} cannot be used.", _CHECK_CREDENTIALS)


def _code(text: str) -> str:
    found = re.search(r"<Code>(\w+)</Code>", text)
    return found[1] if found else ""


def _status(text: str) -> str:
    found = re.search(r"non-2xx status code: (\d{3})", text)
    return found[1] if found else ""


def _is_only_in_a_profile() -> bool:
    """Whether Amazon's credentials stand in files of its own tools, which obstore does not read."""
    given = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if any(os.environ.get(name) for name in (*given, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")):
        return False
    files = (os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"), "~/.aws/config")
    return bool(os.environ.get("AWS_PROFILE")) or any(Path(each).expanduser().exists() for each in files)


def _profile(url: str) -> "Boto3CredentialProvider":
    """Reads Amazon's files, and asks what they name, as its SDK does.

    Raises:
        StorageError: nothing comes of it; what the SDK says of it may quote the files.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  takes a third of a second
    from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415

    try:
        return Boto3CredentialProvider()
    except (BotoCoreError, ClientError, ValueError):
        raise StorageError(
            f"{url} cannot be used: no credentials were found by Amazon's files.",
            "Correct AWS_PROFILE and ~/.aws, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        ) from None


def _client(limits: Limits) -> "ClientConfig":
    return {
        "connect_timeout": timedelta(seconds=limits.connect_s),
        "read_timeout": timedelta(seconds=limits.silence_s),
        "timeout": timedelta(seconds=limits.request_s),
    }


def _retry(limits: Limits) -> "RetryConfig":
    return {
        "max_retries": limits.retries,
        "retry_timeout": timedelta(seconds=limits.retry_s),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 2},
    }
