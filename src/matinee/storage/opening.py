"""Which implementation a home's files are in."""

from matinee.settings import Settings
from matinee.storage.folder import FolderStorage
from matinee.storage.interface import Storage
from matinee.storage.objects import ObjectStorage

COPIES = "cache/storage"
"""Folder of a home for local copies of what is in object storage."""


def home_storage(settings: Settings) -> Storage:
    """The files of a home: in it, or where `MATINEE_STORAGE` says."""
    if settings.storage:
        return ObjectStorage(settings.storage, settings.home / COPIES)
    return FolderStorage(settings.home)
