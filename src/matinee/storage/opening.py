"""Which implementation a home's files are in."""

import importlib.util
import os

from matinee.errors import UsageError
from matinee.settings import Settings
from matinee.storage.cloud import BESIDE_REQUESTS, OBJECTS_EXTRA, Limits
from matinee.storage.folder import FolderStorage
from matinee.storage.interface import Storage
from matinee.storage.objects import ObjectStorage

COPIES = "cache/storage"
"""Folder of a home for local copies of what is in object storage."""
MLARTIFACTS = "mlartifacts"
RESULTS = "results"
"""Folder of what a stage in a pod hands to Airflow, which removes it once it has it."""


def home_storage(settings: Settings, limits: Limits | None = None) -> Storage:
    """The files of a home: in it, or where `MATINEE_STORAGE` says; `limits` tell how long that is waited for."""
    if settings.storage:
        return ObjectStorage(settings.storage, settings.home / COPIES, limits)
    return FolderStorage(settings.home)


def mlflow_artifacts(settings: Settings) -> str:
    """Where MLflow's server keeps its artifacts, as it wants it: `mlartifacts` in the home or in object storage.

    Raises:
        UsageError: nothing tells the account of Azure, which is part of MLflow's address.
    """
    if not settings.storage:
        return str(settings.home / MLARTIFACTS)
    if not settings.storage.startswith("az://"):
        return f"{settings.storage}/{MLARTIFACTS}"
    container, _, prefix = settings.storage.removeprefix("az://").partition("/")
    account = os.environ.get("AZURE_STORAGE_ACCOUNT_NAME")
    if not account:
        raise UsageError(f"Nothing tells the account of {settings.storage}.", "Set AZURE_STORAGE_ACCOUNT_NAME.")
    path = "/".join(filter(None, (prefix, MLARTIFACTS)))
    return f"wasbs://{container}@{account}.blob.core.windows.net/{path}"


def require_storage(settings: Settings) -> str:
    """What object storage is used, after a look whether it answers; "the home" without one.

    Raises:
        UsageError: a library for it is not installed.
        StorageError: it refuses, or does not answer.
    """
    if not settings.storage:
        return "the home"
    if settings.storage.startswith("s3://") and importlib.util.find_spec("boto3") is None:
        raise UsageError("MLflow needs boto3 for artifacts in S3.", OBJECTS_EXTRA)
    home_storage(settings, BESIDE_REQUESTS).exists("ratings")
    if settings.database.startswith("sqlite"):
        return f"{settings.storage}, for this machine alone: the ledger is SQLite (see MATINEE_DATABASE_URL)"
    return settings.storage
