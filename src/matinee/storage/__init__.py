"""Every file that outlives a process: written under a temporary name, visible at once, read back verified.

`Storage` is the interface, `FolderStorage` the one implementation. Locks are separate (`locks`).
"""

from matinee.storage.folder import FolderStorage, disk_errors
from matinee.storage.formats import parquet_into, write_json, write_parquet
from matinee.storage.hashes import digest
from matinee.storage.interface import Draft, Storage
from matinee.storage.locks import locked
from matinee.storage.opening import home_storage

__all__ = [
    "Draft",
    "FolderStorage",
    "Storage",
    "digest",
    "disk_errors",
    "home_storage",
    "locked",
    "parquet_into",
    "write_json",
    "write_parquet",
]
