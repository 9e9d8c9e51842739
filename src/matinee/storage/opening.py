"""Which implementation a home's files are in."""

from matinee.settings import Settings
from matinee.storage.folder import FolderStorage
from matinee.storage.interface import Storage


def home_storage(settings: Settings) -> Storage:
    """The files of a home."""
    return FolderStorage(settings.home)
