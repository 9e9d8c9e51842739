"""Every file that outlives a process: written under a temporary name, visible at once, read back verified.

`Storage` is the interface, `FolderStorage` and `ObjectStorage` implement it. Locks are separate (`locks`).
"""

from matinee.storage.folder import FolderStorage, disk_errors
from matinee.storage.formats import json_into, parquet_into, write_json, write_parquet
from matinee.storage.hashes import digest
from matinee.storage.interface import Draft, Storage
from matinee.storage.locks import locked
from matinee.storage.objects import ObjectStorage
from matinee.storage.opening import home_storage, mlflow_artifacts, require_storage

__all__ = [
    "Draft",
    "FolderStorage",
    "ObjectStorage",
    "Storage",
    "digest",
    "disk_errors",
    "home_storage",
    "json_into",
    "locked",
    "mlflow_artifacts",
    "parquet_into",
    "require_storage",
    "write_json",
    "write_parquet",
]
