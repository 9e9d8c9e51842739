"""Which implementation a home's files are in."""

from matinee.settings import Settings
from matinee.storage.cloud import Limits
from matinee.storage.folder import FolderStorage
from matinee.storage.interface import Storage
from matinee.storage.objects import ObjectStorage

COPIES = "cache/storage"
"""Folder of a home for local copies of what is in object storage."""


def home_storage(settings: Settings, limits: Limits | None = None) -> Storage:
    """The files of a home: in it, or where `MATINEE_STORAGE` says; `limits` tell how long that is waited for."""
    if settings.storage:
        return ObjectStorage(settings.storage, settings.home / COPIES, limits)
    return FolderStorage(settings.home)
